// Whether the schema of a user's policy can be used: arguments by name, each of a kind that scenario files can say, and each with a
// default, so that the policy works when nothing is given.

export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

const TYPES = ['number', 'integer', 'string', 'boolean'];

export function schemaProblem(schema: unknown): FieldProblem | undefined {
  const { type, properties } = (schema ?? {}) as { readonly type?: unknown; readonly properties?: unknown };
  if (type !== 'object' || typeof properties !== 'object' || properties === null) {
    const expected = '{ type: "object", properties: { … } }';
    return { field: 'schema', problem: `is not one of arguments by name: ${expected} is expected` };
  }
  for (const [name, property] of Object.entries(properties)) {
    const problem = propertyProblem(property);
    if (problem !== undefined) return { field: `schema.properties.${name}`, problem };
  }
  return undefined;
}

function propertyProblem(property: unknown): string | undefined {
  if (typeof property !== 'object' || property === null) return 'is not an object: a JSON Schema is expected';
  const { type, enum: words, anyOf, default: standard } = property as Record<string, unknown>;
  const isChoice = Array.isArray(anyOf) && anyOf.every((each: unknown) => typeof constantOf(each) === 'string');
  const isWord = Array.isArray(words) && words.every((word) => typeof word === 'string');
  if (!isChoice && !isWord && !TYPES.includes(String(type))) {
    return `has the type ${JSON.stringify(type) ?? 'nothing'}, but one of ${TYPES.join(', ')} is expected, or an enum of words`;
  }
  return standard === undefined ? 'has no default, but every argument needs one' : undefined;
}

function constantOf(schema: unknown): unknown {
  return (schema as { readonly const?: unknown } | null)?.const;
}

// Holds a part of a file against a schema and tells every deviation where it stands, with what was expected and a guess at what was
// meant. It understands the JSON Schema that our TypeBox schemas use, plus `x-unit`; a test holds it against Ajv.

import assert from 'node:assert/strict';
import type { Problem } from './problem.ts';
import { nearest } from './spelling.ts';
import { formatQuantity, parseQuantity, type Unit, units } from './units.ts';
import { headRange, type Part } from './yaml-source.ts';

/** The keywords of JSON Schema in use. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly title?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly 'x-unit'?: Unit;
  readonly 'x-minimum'?: number;
  readonly 'x-maximum'?: number;
  readonly 'x-expected'?: string;
}

export function checkSchema(schema: Schema, part: Part): readonly Problem[] {
  const problems: Problem[] = [];
  check(schema, part, problems);
  return problems;
}

function check(schema: Schema, part: Part, problems: Problem[]): void {
  if (schema['x-unit'] !== undefined) checkQuantity(schema, schema['x-unit'], part, problems);
  else if (schema.anyOf !== undefined) checkAlternatives(schema, schema.anyOf, part, problems);
  else if (schema.const !== undefined || schema.enum !== undefined) checkWord(schema, part, problems);
  else if (schema.type === 'object') checkMap(schema, part, problems);
  else if (schema.type === 'array') checkList(schema, part, problems);
  else if (schema.type === 'string') checkText(schema, part, problems);
  else if (schema.type === 'number' || schema.type === 'integer') checkNumber(schema, part, problems);
  else if (schema.type === 'boolean') checkBoolean(schema, part, problems);
  else assert(schema.type === undefined, `the checker does not know the type ${schema.type}`);
}

function checkQuantity(schema: Schema, unit: Unit, part: Part, problems: Problem[]): void {
  const quantity = parseQuantity(unit, part.kind === 'scalar' ? part.value : undefined);
  if (!quantity.ok) {
    const { message, suggestion } = quantity;
    problems.push({ range: part.range, message, ...(suggestion === undefined ? {} : { suggestion }) });
    return;
  }
  const minimum = schema['x-minimum'] ?? 0;
  const maximum = schema['x-maximum'];
  if (quantity.value < minimum || (maximum !== undefined && quantity.value > maximum)) {
    const low = formatQuantity(unit, minimum);
    const range = maximum === undefined ? `of at least ${low}` : `from ${low} to ${formatQuantity(unit, maximum)}`;
    problems.push({ range: part.range, message: `expected ${units[unit].what} ${range}` });
  }
}

function checkAlternatives(schema: Schema, alternatives: readonly Schema[], part: Part, problems: Problem[]): void {
  if (alternatives.every((alternative) => alternative.const !== undefined)) {
    checkWord({ enum: alternatives.map((alternative) => String(alternative.const)) }, part, problems);
    return;
  }
  const fitting = alternatives.filter((alternative) => admitsKind(alternative, part));
  if (fitting.length === 0) {
    problems.push({ range: headOrAll(part), message: `expected ${describeSchema(schema)}` });
    return;
  }
  const discriminator = fitting.length > 1 ? discriminatorOf(fitting) : undefined;
  if (discriminator !== undefined && part.kind === 'map') {
    checkDiscriminated(fitting, discriminator, part, problems);
    return;
  }
  const attempts = fitting.map((alternative) => checkSchema(alternative, part));
  const best = attempts.reduce((least, attempt) => (attempt.length < least.length ? attempt : least));
  problems.push(...best);
}

/** The key that has another constant in each alternative. */
function discriminatorOf(alternatives: readonly Schema[]): string | undefined {
  const keys = Object.keys(alternatives[0]?.properties ?? {});
  return keys.find((key) => alternatives.every((alternative) => alternative.properties?.[key]?.const !== undefined));
}

function checkDiscriminated(
  alternatives: readonly Schema[],
  key: string,
  part: Part & { kind: 'map' },
  problems: Problem[],
): void {
  const words = alternatives.map((alternative) => String(alternative.properties![key]!.const));
  const entry = part.entries.find((each) => each.key === key);
  if (entry === undefined) {
    const misspelt = part.entries.find((each) => nearest(each.key, [key]) !== undefined);
    const range = misspelt?.keyRange ?? headRange(part);
    const message = `expected the key \`${key}\` with one of: ${words.join(', ')}`;
    problems.push({ range, message, ...(misspelt === undefined ? {} : { suggestion: key }) });
    return;
  }
  const value = entry.value.kind === 'scalar' ? entry.value.value : undefined;
  const chosen = alternatives[words.indexOf(String(value))];
  if (chosen === undefined) checkWord({ enum: words }, entry.value, problems);
  else check(chosen, part, problems);
}

function checkWord(schema: Schema, part: Part, problems: Problem[]): void {
  const words = schema.enum ?? [String(schema.const)];
  const value = part.kind === 'scalar' ? part.value : undefined;
  if (words.includes(String(value)) && (schema.const === undefined || schema.const === value)) return;
  const near = typeof value === 'string' ? nearest(value, words) : undefined;
  const message = words.length === 1 ? `expected \`${words[0]}\`` : `expected one of: ${words.join(', ')}`;
  problems.push({ range: part.range, message, ...(near === undefined ? {} : { suggestion: near }) });
}

function checkMap(schema: Schema, part: Part, problems: Problem[]): void {
  if (part.kind !== 'map') {
    problems.push({ range: headOrAll(part), message: `expected ${describeSchema(schema)}` });
    return;
  }
  const known = schema.properties ?? {};
  const keys = Object.keys(known);
  const others = otherValues(schema);
  const present = new Set(part.entries.map((entry) => entry.key));
  const meant = new Set<string>();
  for (const entry of part.entries) {
    const own = Object.hasOwn(known, entry.key) ? known[entry.key] : undefined;
    if (own !== undefined) check(own, entry.value, problems);
    else if (others !== undefined) check(others, entry.value, problems);
    else {
      const problem = unknownKey(entry.key, entry.keyRange, keys, present);
      if (problem.suggestion !== undefined) meant.add(problem.suggestion);
      problems.push(problem);
    }
  }
  const missing = (schema.required ?? []).filter((key) => !present.has(key) && !meant.has(key));
  if (missing.length > 0) {
    const list = missing.map((key) => `\`${key}\` (${describeSchema(known[key] ?? {})})`).join(', ');
    problems.push({ range: headRange(part), message: `missing here: ${list}` });
  }
  if (part.entries.length < (schema.minProperties ?? 0)) {
    problems.push({ range: headRange(part), message: `expected at least one of the keys: ${keys.join(', ')}` });
  }
}

function unknownKey(
  key: string,
  range: Problem['range'],
  keys: readonly string[],
  present: ReadonlySet<string>,
): Problem {
  const absent = keys.filter((each) => !present.has(each));
  const near = nearest(key, absent);
  if (near !== undefined) return { range, message: `unknown key \`${key}\``, suggestion: near };
  return { range, message: `unknown key \`${key}\`; known here: ${keys.join(', ')}` };
}

function otherValues(schema: Schema): Schema | undefined {
  const [anyKey] = Object.values(schema.patternProperties ?? {});
  if (anyKey !== undefined) return anyKey;
  if (schema.additionalProperties === false) return undefined;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
}

function checkList(schema: Schema, part: Part, problems: Problem[]): void {
  if (part.kind !== 'list') {
    problems.push({ range: headOrAll(part), message: `expected ${describeSchema(schema)}` });
    return;
  }
  const minItems = schema.minItems ?? 0;
  const maxItems = schema.maxItems ?? Number.POSITIVE_INFINITY;
  if (part.items.length < minItems || part.items.length > maxItems) {
    const wanted = minItems === maxItems ? `${minItems}` : `at least ${minItems}`;
    problems.push({ range: headOrAll(part), message: `expected ${wanted} items, found ${part.items.length}` });
  }
  if (schema.items !== undefined) for (const item of part.items) check(schema.items, item, problems);
}

function checkText(schema: Schema, part: Part, problems: Problem[]): void {
  const value = part.kind === 'scalar' ? part.value : undefined;
  if (typeof value !== 'string') {
    const quoted = typeof value === 'number' || typeof value === 'boolean';
    const message = `expected ${describeSchema(schema)}${quoted ? '; quote it to make it text' : ''}`;
    problems.push({ range: headOrAll(part), message, ...(quoted ? { suggestion: `'${value}'` } : {}) });
  } else if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    problems.push({ range: part.range, message: `expected ${describeSchema(schema)}` });
  } else if (value.length < (schema.minLength ?? 0) || value.length > (schema.maxLength ?? Number.POSITIVE_INFINITY)) {
    const limit =
      schema.maxLength === undefined
        ? `at least ${schema.minLength}`
        : `${schema.minLength ?? 0} to ${schema.maxLength}`;
    problems.push({ range: part.range, message: `expected ${limit} characters, found ${value.length}` });
  }
}

function checkNumber(schema: Schema, part: Part, problems: Problem[]): void {
  const value = part.kind === 'scalar' ? part.value : undefined;
  const good =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (schema.type !== 'integer' || Number.isInteger(value)) &&
    value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) &&
    value > (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
    value <= (schema.maximum ?? Number.POSITIVE_INFINITY) &&
    value < (schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY);
  if (!good) problems.push({ range: headOrAll(part), message: `expected ${describeSchema(schema)}` });
}

function checkBoolean(schema: Schema, part: Part, problems: Problem[]): void {
  if (part.kind === 'scalar' && typeof part.value === 'boolean') return;
  problems.push({ range: headOrAll(part), message: `expected ${describeSchema(schema)}` });
}

/** What a schema wants, in words that follow "expected". */
export function describeSchema(schema: Schema): string {
  if (schema['x-expected'] !== undefined) return schema['x-expected'];
  const unit = schema['x-unit'];
  if (unit !== undefined) return `${units[unit].what} such as ${units[unit].examples[0]}`;
  if (schema.enum !== undefined) return `one of: ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(describeSchema))].join(', or ');
  switch (schema.type) {
    case 'object':
      return schema.properties === undefined
        ? 'a mapping'
        : `a mapping with ${schema.required === undefined || schema.required.length === 0 ? 'some of ' : ''}the keys ${(schema.required ?? Object.keys(schema.properties)).join(', ')}`;
    case 'array':
      return 'a list';
    case 'integer':
      return `a whole number${describeRange(schema)}`;
    case 'number':
      return `a number${describeRange(schema)}`;
    case 'boolean':
      return 'true or false';
    default:
      return 'text';
  }
}

function describeRange(schema: Schema): string {
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    return ` from ${schema.minimum} to ${schema.maximum}`;
  const above = schema.exclusiveMinimum === undefined ? [] : [`above ${schema.exclusiveMinimum}`];
  const below = schema.exclusiveMaximum === undefined ? [] : [`below ${schema.exclusiveMaximum}`];
  const least = schema.minimum === undefined ? [] : [`of at least ${schema.minimum}`];
  const most = schema.maximum === undefined ? [] : [`of at most ${schema.maximum}`];
  const limits = [...above, ...least, ...below, ...most];
  return limits.length === 0 ? '' : ` ${limits.join(' and ')}`;
}

function admitsKind(schema: Schema, part: Part): boolean {
  if (schema.anyOf !== undefined && schema['x-unit'] === undefined)
    return schema.anyOf.some((each) => admitsKind(each, part));
  if (schema['x-unit'] !== undefined) return part.kind === 'scalar' && ['string', 'number'].includes(typeof part.value);
  if (schema.const !== undefined) return part.kind === 'scalar' && typeof part.value === typeof schema.const;
  switch (schema.type) {
    case 'object':
      return part.kind === 'map';
    case 'array':
      return part.kind === 'list';
    case 'integer':
      return part.kind === 'scalar' && typeof part.value === 'number';
    case undefined:
      return true;
    default:
      return part.kind === 'scalar' && typeof part.value === schema.type;
  }
}

function headOrAll(part: Part): Problem['range'] {
  return part.kind === 'scalar' ? part.range : headRange(part);
}

// Checks the arguments of a policy against its schema and fills in the defaults; says which field is wrong and what it should be.

import type { Static, TObject } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import { nearestName } from '../cluster/mod.ts';
import { policyErrors } from './errors.ts';

interface Checked<Schema extends TObject> {
  readonly name: string;
  readonly schema: Schema;
  check?(parameters: Static<Schema>): { readonly field: string; readonly problem: string } | undefined;
}

const ajv = new Ajv({ useDefaults: true, strict: true });

export function checkArguments<Schema extends TObject>(
  { name, schema, check }: Checked<Schema>,
  given: Readonly<Record<string, unknown>>,
): Static<Schema> {
  const parameters: unknown = structuredClone(given);
  const validate = ajv.compile<Static<Schema>>({ ...schema, additionalProperties: false });
  if (!validate(parameters)) {
    const error = validate.errors![0]!;
    throw policyErrors.create('POLICY_BAD_ARGUMENT', {
      policy: name,
      field: fieldOf(error),
      problem: problemOf(error, given, schema),
    });
  }
  const wrong = check?.(parameters);
  if (wrong !== undefined) {
    const { field, problem } = wrong;
    throw policyErrors.create('POLICY_BAD_ARGUMENT', { policy: name, field: `"${field}"`, problem });
  }
  return parameters;
}

function fieldOf(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') return `"${error.params['additionalProperty']}"`;
  return `"${error.instancePath.slice(1).replaceAll('/', '.')}"`;
}

function problemOf(error: ErrorObject, given: Readonly<Record<string, unknown>>, schema: TObject): string {
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(schema.properties);
    const nearest = nearestName(String(error.params['additionalProperty']), known);
    const hint = nearest === undefined ? '' : `did you mean "${nearest}"? `;
    return `is not known; ${hint}known are ${known.join(', ')}`;
  }
  const field = error.instancePath.slice(1);
  const value = JSON.stringify(given[field]);
  const choices: unknown = schema.properties[field]?.['anyOf'];
  if (!Array.isArray(choices)) return `is ${value}, but ${error.message}`;
  const names = choices.map((choice: { const?: unknown }) => JSON.stringify(choice.const));
  return `is ${value}, but must be one of ${names.join(', ')}`;
}

// The generated documents are up to date, and our checker and Ajv agree on what follows the schema.

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { scenarioFileSchema } from './file-schema.ts';
import { checkSchema, type Schema } from './schema-check.ts';
import { schemaDocument, schemaReference } from './schema-document.ts';
import { readYaml } from './yaml-source.ts';

const scenariosUrl = new URL('../../scenarios/', import.meta.url);
const samples = readdirSync(scenariosUrl)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(new URL(file, scenariosUrl), 'utf8')) as unknown);

const ajv = new Ajv({ strict: false, allErrors: false });
const follows = ajv.compile(JSON.parse(JSON.stringify(scenarioFileSchema)) as object);

/** The schema without the limits that JSON Schema cannot say of strings with units. */
function withoutUnitLimits(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutUnitLimits);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key]) => key !== 'x-minimum' && key !== 'x-maximum');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutUnitLimits(value)]));
}
const ours = withoutUnitLimits(JSON.parse(JSON.stringify(scenarioFileSchema))) as Schema;

type Step = string | number;

function paths(value: unknown, path: readonly Step[] = []): readonly (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const steps: Step[] = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [path, ...steps.flatMap((step) => paths((value as Record<Step, unknown>)[step], [...path, step]))];
}

function replaced(
  value: unknown,
  path: readonly Step[],
  change: (holder: Record<Step, unknown>, step: Step) => void,
): unknown {
  const copy = structuredClone(value);
  let holder = copy as Record<Step, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<Step, unknown>;
  change(holder, path.at(-1)!);
  return copy;
}

describe('the schema of scenario files', () => {
  test('docs/scenario.schema.json is up to date (else run the tests with -u)', async () => {
    await expect(schemaDocument()).toMatchFileSnapshot('../../docs/scenario.schema.json');
  });

  test('docs/scenario-reference.md is up to date (else run the tests with -u)', async () => {
    await expect(schemaReference()).toMatchFileSnapshot('../../docs/scenario-reference.md');
  });

  test('our checker and Ajv agree on the scenarios, whatever value is changed in them', () => {
    const junk = fc.oneof(
      fc.constantFrom('5s', '64MiB', '35%', 'x', '', '*', 'migrate', 0, 1, -1, 0.5, 1e12, true, null),
      fc.constantFrom([], {}, [1], ['a'], { atLeast: 1 }, { at: '5s' }, { do: 'stop', at: '1s', vm: 'a' }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), junk, fc.boolean(), (sample, choice, value, asKey) => {
        const all = paths(sample).slice(1);
        const path = all[choice % all.length]!;
        const changed = replaced(sample, path, (holder, step) => {
          if (asKey && !Array.isArray(holder)) holder[`${step}x`] = value;
          else holder[step] = value;
        });
        const text = stringify(changed);
        const problems = checkSchema(ours, readYaml(text).root);
        expect({ path, good: problems.length === 0 }).toEqual({ path, good: follows(changed) });
      }),
      { numRuns: 500 },
    );
  });
});

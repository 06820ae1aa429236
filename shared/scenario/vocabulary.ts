// The words that scenario schemas are made of: quantities with units, names, patterns, bounds. A quantity is a string in the
// JSON Schema that editors see; `x-unit` and its limits tell our own checker more than JSON Schema can.

import { type Static, Type } from '@sinclair/typebox';
import { type Unit, units } from './units.ts';

export const strict = { additionalProperties: false };

export interface QuantityOptions {
  readonly description: string;
  /** In base units. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** As the file would say it; for the reference, and applied by the loader. */
  readonly default?: string | number;
}

const quantity = (unit: Unit, options: QuantityOptions) => {
  const names = Object.keys(units[unit].factors).join('|');
  const one = `\\d+(\\.\\d+)?\\s*(${names})`;
  const text = { type: 'string', pattern: unit === 'duration' ? `^((${one})+|0)$` : `^(${one}|0)$` };
  const bare = unit === 'fraction' ? { type: 'number', minimum: 0, maximum: 1 } : { const: 0 };
  return Type.Unsafe<string | number>({
    description: options.description,
    anyOf: [text, bare],
    ...(options.default === undefined ? {} : { default: options.default }),
    examples: [...units[unit].examples],
    'x-unit': unit,
    'x-minimum': options.minimum ?? 0,
    ...(options.maximum === undefined ? {} : { 'x-maximum': options.maximum }),
  });
};

export const duration = (options: QuantityOptions) => quantity('duration', options);
export const size = (options: QuantityOptions) => quantity('size', options);
export const bandwidth = (options: QuantityOptions) => quantity('bandwidth', options);
export const instructionRate = (options: QuantityOptions) => quantity('instructionRate', options);
export const fraction = (options: QuantityOptions) => quantity('fraction', options);
export const power = (options: QuantityOptions) => quantity('power', options);

/** One of a few words. */
export const word = <const W extends readonly string[]>(words: W, options: { description: string; default?: string }) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...words], ...options });

/** The name of one host or VM. */
export const name = (description: string) =>
  Type.String({
    description,
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$',
    'x-expected': 'a name of letters, digits, dashes and underscores',
  });

/** The name of a group's members: `{n}` is the member's number, `{nn}` the same with leading zeros. */
export const memberName = (description: string) =>
  Type.String({
    description,
    pattern: '^[A-Za-z0-9]([A-Za-z0-9_-]|\\{n+\\}){0,70}$',
    'x-expected': 'a name of letters, digits, dashes and underscores, with `{n}` for the number',
  });

const pattern = (what: string) =>
  Type.String({
    description: `${what}; \`*\` stands for any letters.`,
    pattern: '^[A-Za-z0-9*][A-Za-z0-9_*-]{0,70}$',
    'x-expected': 'a name, in which `*` stands for any letters',
  });

/** One pattern of VM names or a list of them. */
export const vmPatterns = (description: string) =>
  Type.Union([pattern('VM names'), Type.Array(pattern('VM names'), { minItems: 1 })], { description });

/** A number that must be met exactly, or limits. */
export const bound = (description: string) =>
  Type.Union(
    [
      Type.Number({ minimum: 0, description: 'Exactly this.' }),
      Type.Object(
        {
          atLeast: Type.Optional(Type.Number({ minimum: 0, description: 'No less than this.' })),
          atMost: Type.Optional(Type.Number({ minimum: 0, description: 'No more than this.' })),
        },
        { ...strict, minProperties: 1 },
      ),
    ],
    { description },
  );
export type BoundInFile = Static<ReturnType<typeof bound>>;

// What the loader's sections share: the file, the problems found so far, and quantities that were checked already.

import assert from 'node:assert/strict';
import type { Problem } from './problem.ts';
import { checkSchema, type Schema } from './schema-check.ts';
import { nearest } from './spelling.ts';
import type { ScenarioTables } from './tables.ts';
import { parseQuantity, type Unit } from './units.ts';
import { keyRangeAt, type Part, type Path, partAt, rangeAt } from './yaml-source.ts';

export class Reading {
  readonly tables: ScenarioTables;
  readonly problems: Problem[];
  readonly #root: Part;
  readonly #broken: readonly Problem[];

  /** `broken` are the deviations from the schema; what they touch is not read further. */
  constructor(root: Part, tables: ScenarioTables, broken: readonly Problem[]) {
    this.#root = root;
    this.tables = tables;
    this.#broken = broken;
    this.problems = [...broken];
  }

  /** Whether the part at the path follows its schema, or is left out. */
  isSound(path: Path): boolean {
    const range = rangeAt(this.#root, path);
    if (range === undefined) return true;
    return !this.#broken.some((problem) => problem.range.start >= range.start && problem.range.start < range.end);
  }

  /** Holds the part at the path against a schema that is not the file's own; whether it follows it. */
  check(path: Path, schema: Schema): boolean {
    const found = checkSchema(schema, partAt(this.#root, path));
    this.problems.push(...found);
    return found.length === 0;
  }

  /** Says that the value at the path is wrong. */
  refuse(path: Path, message: string, suggestion?: string): void {
    this.#add(partAt(this.#root, path).range, message, suggestion);
  }

  /** Says that the key at the path is wrong. */
  refuseKey(path: Path, message: string): void {
    this.#add(keyRangeAt(this.#root, path), message);
  }

  /** Says that a name is not known, and which one may have been meant. */
  refuseName(path: Path, what: string, name: string, known: readonly string[]): void {
    const near = nearest(name, known);
    const list = known.length === 0 ? 'there are none' : `there are: ${shorten(known)}`;
    this.refuse(path, `no ${what} is called \`${name}\`; ${list}`, near);
  }

  #add(range: Problem['range'], message: string, suggestion?: string): void {
    this.problems.push({ range, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }
}

/** A quantity that the schema check has let through. */
export function read(unit: Unit, raw: string | number): number {
  const quantity = parseQuantity(unit, raw);
  assert(quantity.ok, `the schema check let "${raw}" through as ${unit}`);
  return quantity.value;
}

const NAMES_SHOWN_MAX = 12;

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  return names.length > NAMES_SHOWN_MAX ? `${shown}, … (${names.length} in all)` : shown;
}

// The numbering of the interpreter's operations. One instruction becomes several: with length 4 or 2, and for jumps relative to
// pc, near (the target lies in the same page, so the record pointer moves) or far (it has to be fetched). The first
// numbers stand for records that are no instruction.

import { COMPRESSIBLE } from '../semantics/c.ts';
import type { Instruction } from '../semantics/instruction.ts';
import { instructions } from '../semantics/table.ts';

export const OPERATION_UNDECODED = 0;
/** Behind the last record of a page, and behind a stray instruction: go on at pc by a fetch. */
export const OPERATION_PAGE_END = 1;
/** A 4-byte instruction in the last 2 bytes of a page: runs from the stray records. */
export const OPERATION_CROSSING = 2;
const FIRST_INSTRUCTION = 3;

export interface Operation {
  readonly instruction: Instruction;
  readonly lengthBytes: 2 | 4;
  /** True when a relative target lies in the same page. */
  readonly near: boolean;
}

const isRelative = ({ flow }: Instruction): boolean => flow === 'branch' || flow === 'jump';

/** In order of their numbers, the first of which is FIRST_INSTRUCTION. */
export const operations: readonly Operation[] = instructions.flatMap((instruction) =>
  (COMPRESSIBLE.has(instruction.name) ? ([4, 2] as const) : ([4] as const)).flatMap((lengthBytes) =>
    (isRelative(instruction) ? [false, true] : [false]).map((near) => ({ instruction, lengthBytes, near })),
  ),
);

const firstNumbers: ReadonlyMap<Instruction, number> = (() => {
  const numbers = new Map<Instruction, number>();
  operations.forEach(({ instruction }, index) => {
    if (!numbers.has(instruction)) numbers.set(instruction, FIRST_INSTRUCTION + index);
  });
  return numbers;
})();

export const OPERATION_COUNT = FIRST_INSTRUCTION + operations.length;

export function operationNumber(instruction: Instruction, lengthBytes: 2 | 4, near: boolean): number {
  const shape = isRelative(instruction) ? 2 : 1;
  return firstNumbers.get(instruction)! + (lengthBytes === 2 ? shape : 0) + (near ? 1 : 0);
}

/** The operation with a number; undefined for the records that are no instruction. */
export function operationOf(number: number): Operation | undefined {
  return operations[number - FIRST_INSTRUCTION];
}

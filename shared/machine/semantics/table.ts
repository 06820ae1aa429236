// The semantics table: every instruction of RV64IMAC_Zicsr_Zifencei and the privileged ones, in one list. The interpreter is generated from
// it and the decoder searches it; their numbers in this list never leave the process.

import { a } from './a.ts';
import type { Instruction } from './instruction.ts';
import { m } from './m.ts';
import { illegal, privileged } from './privileged.ts';
import { rv64i } from './rv64i.ts';
import { zicsr } from './zicsr.ts';

export const instructions: readonly Instruction[] = [illegal, ...rv64i, ...m, ...a, ...zicsr, ...privileged];

/** Opcode and funct3 of a word: with these alone few candidates are left. */
const BUCKETS = 128 * 8;
const bucketOf = (opcode: number, funct3: number): number => opcode * 8 + funct3;

const buckets: readonly (readonly Instruction[])[] = (() => {
  const lists: Instruction[][] = Array.from({ length: BUCKETS }, () => []);
  for (const instruction of instructions) {
    if (instruction === illegal) continue;
    for (let funct3 = 0; funct3 < 8; funct3++) {
      const anyFunct3 = (instruction.mask & 0x7000) === 0;
      if (anyFunct3 || ((instruction.match >>> 12) & 7) === funct3) {
        lists[bucketOf(instruction.match & 0x7f, funct3)]!.push(instruction);
      }
    }
  }
  return lists;
})();

/** The instruction that a 32-bit word is; `illegal` when it is none. */
export function instructionOf(word: number): Instruction {
  for (const candidate of buckets[bucketOf(word & 0x7f, (word >>> 12) & 7)]!) {
    if ((word & candidate.mask) >>> 0 === candidate.match) return candidate;
  }
  return illegal;
}

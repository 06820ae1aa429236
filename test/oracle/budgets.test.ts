// How a program is cut into slices does not show: random programs end in the same state whether ours executes them one instruction at a
// time, in slices of random length, or at once. (One instruction at a time is what the comparison with QEMU runs.)

import { describe, expect, it } from 'vitest';
import { CSR_TABLE } from './csr-table.ts';
import { elfFile } from './elf-file.ts';
import { COMPARED_BYTES, RAM_BASE } from './layout.ts';
import { Ours } from './ours.ts';
import { randomProgram } from './random-program.ts';
import { SeededRandom } from './seeded-random.ts';

const INSTRUCTIONS = 6000;

interface State {
  readonly executed: bigint;
  readonly registers: readonly string[];
  readonly memory: Uint8Array;
}

const stateAfter = (elf: Uint8Array, nextBudget: (left: number) => number): State => {
  const ours = new Ours(elf);
  const { machine } = ours;
  let left = INSTRUCTIONS;
  while (left > 0 && machine.exitReason === undefined) {
    const reason = machine.run(nextBudget(left));
    left -= machine.executed;
    if (reason === 'wfi') break;
  }
  const registers = [`pc ${machine.pc}`, `mode ${machine.privilege}`, `exit ${machine.exitReason}`];
  for (let index = 0; index < 32; index++) registers.push(`x${index} ${machine.x(index)}`);
  for (const { name, number } of CSR_TABLE) registers.push(`${name} ${machine.csr(number)}`);
  return { executed: machine.instructionsExecuted, registers, memory: ours.ram(COMPARED_BYTES) };
};

describe('slices', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))('do not show (seed %i)', (seed) => {
    const elf = elfFile(randomProgram({ seed }).image, RAM_BASE);
    const random = new SeededRandom(seed);
    const atOnce = stateAfter(elf, (left) => left);
    const single = stateAfter(elf, () => 1);
    const mixed = stateAfter(elf, (left) => Math.min(left, random.between(1, 50)));
    for (const other of [single, mixed]) {
      expect(other.executed).toBe(atOnce.executed);
      expect(other.registers).toEqual(atOnce.registers);
      expect(Buffer.compare(other.memory, atOnce.memory)).toBe(0);
    }
  });
});

// The machine against QEMU on random programs with fixed seeds: after every instruction the same registers, CSRs and privilege, at the end
// the same memory. Coverage is asserted too, so that the programs cannot quietly stop trying things.

import { describe, expect, it } from 'vitest';
import { describeWithTool } from '../../guests/boards/tool.ts';
import { compareProgram, describeMismatch, type Outcome } from './compare.ts';
import { CODE_OFFSET, RAM_BASE } from './layout.ts';
import { QEMU, qemuVersion } from './qemu.ts';
import { type ProgramChoice, randomProgram, SNIPPETS } from './random-program.ts';

const PROGRAMS = 60;
const SNIPPETS_ALONE = 25;

const mustAgree = async (choice: ProgramChoice): Promise<Outcome> => {
  const program = randomProgram(choice);
  const outcome = await compareProgram(program);
  if (outcome.mismatch !== undefined) expect.fail(describeMismatch(program, outcome.mismatch));
  return outcome;
};

describeWithTool('the machine and qemu-system-riscv64', QEMU, qemuVersion() !== undefined, () => {
  it.each(Object.keys(SNIPPETS))('agree on programs of %s', async (kind) => {
    for (const seed of [1, 2]) await mustAgree({ seed, kinds: [kind], snippets: SNIPPETS_ALONE });
  });

  it(`agree on ${PROGRAMS} programs of everything, which take every trap in every mode`, async () => {
    const traps = new Set<string>();
    const modes = [0, 0, 0];
    let unfinished = 0;
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const outcome = await mustAgree({ seed });
      for (const trap of outcome.traps.keys()) traps.add(trap);
      outcome.stepsByMode.forEach((steps, mode) => {
        modes[mode] = (modes[mode] ?? 0) + steps;
      });
      if (!outcome.hasEnded) unfinished++;
    }
    // Misaligned fetches (0) do not exist with C; external M interrupts (11) need a device.
    const wanted = 'e1 e2 e3 e4 e5 e6 e7 e8 e9 e12 e13 e15 i1 i3 i5 i7 i9'.split(' ');
    expect(wanted.filter((trap) => !traps.has(trap))).toEqual([]);
    expect(Math.min(...modes)).toBeGreaterThan(1000);
    expect(unfinished).toBeLessThan(PROGRAMS / 10);
  });

  it('disagree when one bit of one instruction differs', async () => {
    const program = randomProgram({ seed: 1, kinds: ['arithmetic'], snippets: 1 });
    const other = program.image.slice();
    // The first instruction after the label's address: another immediate.
    const target = program.parts[0]!.address - RAM_BASE + 12;
    expect(target).toBeGreaterThanOrEqual(CODE_OFFSET);
    other[target + 2]! ^= 0x10;
    const { mismatch } = await compareProgram(program, other);
    expect(mismatch).toBeDefined();
    expect(describeMismatch(program, mismatch!)).toContain('again: npm run oracle -- --seed 1 --kinds arithmetic');
  });

  it('disagree when only memory differs', async () => {
    const program = randomProgram({ seed: 1, kinds: ['arithmetic'], snippets: 1 });
    const other = program.image.slice();
    other[other.length - 1]! ^= 1;
    const { mismatch } = await compareProgram(program, other);
    expect(mismatch?.name).toMatch(/^memory at 0x/);
  });
});

describe('a random program', () => {
  it('is the same for the same seed, and another for another', () => {
    const first = Buffer.from(randomProgram({ seed: 5 }).image);
    expect(first.equals(randomProgram({ seed: 5 }).image)).toBe(true);
    expect(first.equals(randomProgram({ seed: 6 }).image)).toBe(false);
  });

  it('keeps the snippets that are left when others are left out', () => {
    const whole = randomProgram({ seed: 5 });
    const part = randomProgram({ seed: 5, only: [3, 7] });
    expect(part.parts.map(({ index }) => index)).toEqual([3, 7, 40]);
    expect(part.parts[0]!.kind).toBe(whole.parts[3]!.kind);
  });
});

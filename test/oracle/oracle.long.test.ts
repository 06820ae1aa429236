// The long comparison with QEMU: thousands of programs. LIGHTSOUT_ORACLE_SEED moves the range of seeds (each night another one), and
// LIGHTSOUT_ORACLE_PROGRAMS its length.

import { expect, it } from 'vitest';
import { describeWithTool } from '../../guests/boards/tool.ts';
import { compareProgram, describeMismatch, shrink } from './compare.ts';
import { QEMU, qemuVersion } from './qemu.ts';
import { randomProgram } from './random-program.ts';

const FIRST_SEED = Number(process.env['LIGHTSOUT_ORACLE_SEED'] ?? 100_000);
const PROGRAMS = Number(process.env['LIGHTSOUT_ORACLE_PROGRAMS'] ?? 3000);

describeWithTool('the machine and qemu-system-riscv64, at length', QEMU, qemuVersion() !== undefined, () => {
  it(`agree on ${PROGRAMS} programs from seed ${FIRST_SEED}`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
      const program = randomProgram({ seed });
      const { mismatch } = await compareProgram(program);
      if (mismatch !== undefined) expect.fail(describeMismatch(...(await shrink(program, mismatch))));
    }
  });
});

// Reads and writes of control and status registers in every form (write, set, clear; register and constant; with x0 on either side,
// which suppresses the read or the write), of registers that exist and of numbers that do not.

import type { Assembler } from '../assembler.ts';
import { ABSENT_CSRS, CSR, CSR_TABLE, type CsrEntry, MSTATUS } from '../csr-table.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { randomRegister, randomValue, type SnippetContext, T0 } from './snippet.ts';

/** mstatus with a mode in MPP that exists; the reserved 2 is left out (see csr-table.ts). */
export const legalStatus = (value: bigint): bigint =>
  ((value >> MSTATUS.MPP_SHIFT) & 3n) === 2n ? value & ~(2n << MSTATUS.MPP_SHIFT) : value;

const legalValue = (entry: CsrEntry, random: SeededRandom): bigint => {
  const value = randomValue(random) & entry.writable & 0xffff_ffff_ffff_ffffn;
  if (entry.number === CSR.mstatus) return legalStatus(value);
  return value;
};

/** One access; leaves T0 changed, and nothing in `keep`. */
export const emitCsrAccess = (
  asm: Assembler,
  random: SeededRandom,
  entries: readonly CsrEntry[],
  keep: readonly number[] = [],
): void => {
  if (random.chance(0.05)) {
    const absent = random.pick(ABSENT_CSRS);
    asm.csr(random.pick([1, 2, 3, 5, 6, 7]), randomRegister(random, keep), absent, random.below(32));
    return;
  }
  const entry = random.pick(entries);
  const rd = entry.volatile ? 0 : randomRegister(random, keep);
  if (entry.writable === 0n) {
    // Reading with csrrs or csrrc writes nothing when the source is x0 or the constant 0.
    if (entry.number >= 0xc00 && random.chance(0.1)) {
      // A write to a read-only register traps; not with 0 (see csr-table.ts).
      asm.addi(T0, 0, 1);
      asm.csr(random.pick([1, 2, 3]), rd, entry.number, T0);
    } else asm.csr(random.pick([2, 3, 6, 7]), rd, entry.number, 0);
    return;
  }
  if (random.chance(0.3)) {
    const small = random.below(32) & Number(entry.writable & 0x1fn);
    asm.csr(random.pick([5, 6, 7]), rd, entry.number, small);
    return;
  }
  const source = random.chance(0.15) ? 0 : T0;
  if (source === T0) asm.constant(T0, legalValue(entry, random));
  // Setting bits in MPP could add up to the reserved mode, so mstatus is only replaced.
  const replaced = entry.number === CSR.mstatus;
  asm.csr(replaced ? 1 : random.pick([1, 2, 3]), rd, entry.number, source);
};

/** What S mode may write without enabling several interrupts at once (see csr-table.ts). */
export const SUPERVISOR_CSRS = CSR_TABLE.filter(({ number }) => ((number >> 8) & 3) <= 1 && number !== CSR.sie);

export const registersSnippet = ({ asm, random }: SnippetContext): void => {
  const count = random.between(6, 24);
  for (let index = 0; index < count; index++) emitCsrAccess(asm, random, CSR_TABLE);
};

/** Reads everything that can be compared, so that what the log does not show reaches a register. */
export const emitReadAll = (asm: Assembler): void => {
  let rd = 1;
  for (const entry of CSR_TABLE) {
    if (entry.volatile) continue;
    asm.csr(2, rd, entry.number, 0);
    rd = rd === 31 ? 1 : rd + 1;
  }
};

// Loads and stores that M mode makes with the eyes of another mode (MPRV), and page tables that change under them, always with a full
// SFENCE.VMA before they are used. Ends early when an access traps.

import type { Assembler } from '../assembler.ts';
import { CSR, MSTATUS } from '../csr-table.ts';
import { RAM_BASE } from '../layout.ts';
import { LEAF_ENTRIES, leafEntryOffset, randomPageEntry, randomVirtualAddress, SATP_SV39 } from '../page-tables.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitAmo, emitReservedPair } from './atomic.ts';
import { emitAccess } from './memory.ts';
import { emitFence, setCsr } from './modes.ts';
import { randomRegister, type SnippetContext, T0, T1 } from './snippet.ts';

const emitRemap = (asm: Assembler, random: SeededRandom): void => {
  const count = random.between(1, 8);
  for (let index = 0; index < count; index++) {
    asm.constant(T0, BigInt(RAM_BASE + leafEntryOffset(random.below(2), random.below(LEAF_ENTRIES))));
    asm.constant(T1, randomPageEntry(random));
    asm.store('sd', 3, T1, T0, 0);
  }
};

export const pagingSnippet = ({ asm, random }: SnippetContext): void => {
  if (random.chance(0.6)) emitRemap(asm, random);
  setCsr(asm, CSR.satp, SATP_SV39 | (BigInt(random.below(4)) << 44n));
  emitFence(asm);
  const keep: number[] = [T0];
  while (keep.length < 7) {
    const register = randomRegister(random, [0, ...keep]);
    keep.push(register);
    asm.constant(register, randomVirtualAddress(random));
  }
  // Not M: low virtual addresses are devices there.
  let status = MSTATUS.MPRV | (BigInt(random.below(2)) << MSTATUS.MPP_SHIFT);
  if (random.chance(0.5)) status |= MSTATUS.SUM;
  if (random.chance(0.5)) status |= MSTATUS.MXR;
  setCsr(asm, CSR.mstatus, status);
  asm.lui(T0, Number(MSTATUS.MPRV >> 12n));
  const count = random.between(1, 10);
  for (let index = 0; index < count; index++) {
    const pointer = random.pick(keep.slice(1));
    const choice = random.below(8);
    if (choice === 0) emitAmo(asm, random, pointer, keep);
    else if (choice === 1) emitReservedPair(asm, random, pointer, keep);
    else emitAccess(asm, random, pointer, keep, 64);
  }
  asm.csr(3, 0, CSR.mstatus, T0);
};

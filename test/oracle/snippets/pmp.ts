// Physical memory protection: random regions (off, TOR, NA4, NAPOT) over the playground pages, with random permissions and now and
// then locked, used by M mode through MPRV, by S and U mode, and by fetches. The last entry covers everything, so that code goes on
// working. Source: The RISC-V Instruction Set Manual, volume II, section 3.7.

import { Label } from '../assembler.ts';
import { CSR, MSTATUS } from '../csr-table.ts';
import { OPCODE } from '../encoding.ts';
import { PMP_OFFSET, PMP_PAGES, RAM_BASE } from '../layout.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitAccess } from './memory.ts';
import { ECALL, emitFence, MRET, setCsr } from './modes.ts';
import { randomRegister, type SnippetContext, T0 } from './snippet.ts';

const PLAYGROUND = RAM_BASE + PMP_OFFSET;
const PLAYGROUND_BYTES = PMP_PAGES * 4096;
const LOCK = 0x80;
const OFF = 0;
const TOR = 1;
const NA4 = 2;
const NAPOT = 3;

/** R=0 W=1 is reserved and left out (see csr-table.ts). */
const PERMISSIONS = [0, 1, 3, 4, 5, 7] as const;

interface Region {
  readonly config: number;
  readonly address: bigint;
}

const randomRegion = (random: SeededRandom, pagesOnly: boolean): Region => {
  const permissions = random.pick(PERMISSIONS);
  if (pagesOnly) {
    const page = PLAYGROUND + random.below(PMP_PAGES) * 4096;
    const mode = random.pick([OFF, TOR, NAPOT, NAPOT]);
    const size = mode === NAPOT ? 0x1ffn : 0n;
    return { config: permissions | (mode << 3), address: BigInt(page >>> 2) | size };
  }
  const mode = random.pick([OFF, TOR, TOR, NA4, NAPOT, NAPOT]);
  const place = PLAYGROUND + (random.below(PLAYGROUND_BYTES) & ~3);
  if (mode !== NAPOT) return { config: permissions | (mode << 3), address: BigInt(place >>> 2) };
  const ones = random.below(11);
  const address = (BigInt(place >>> 2) & ~((2n << BigInt(ones)) - 1n)) | ((1n << BigInt(ones)) - 1n);
  return { config: permissions | (mode << 3), address };
};

/** The last entry: everything, all rights. */
export const BACKGROUND_CONFIG = 0x1fn << 56n;
export const BACKGROUND_ADDRESS = (1n << 54n) - 1n;

export const pmpSnippet = ({ asm, random }: SnippetContext): void => {
  // Two entries of one page disturb each other in QEMU's TLB, unless it is flushed before each access (see csr-table.ts).
  const pagesOnly = random.chance(0.5);
  let config = 0n;
  const boundaries: number[] = [];
  let hasLocked = false;
  for (let index = 0; index < 8; index++) {
    const region = randomRegion(random, pagesOnly);
    // The first entry's TOR begins at 0 and so covers the code: it must allow everything.
    const coversCode = index === 0 && region.config >> 3 === TOR;
    const locked = random.chance(0.08) && !coversCode ? LOCK : 0;
    config |= BigInt(region.config | locked | (coversCode ? 7 : 0)) << BigInt(index * 8);
    boundaries.push(Number(region.address << 2n));
    hasLocked ||= locked !== 0;
    setCsr(asm, CSR.pmpaddr0 + index, region.address);
  }
  setCsr(asm, CSR.pmpcfg0, config);
  emitFence(asm);
  // Locked entries keep their value; what was really stored shows here.
  asm.csr(2, randomRegister(random), CSR.pmpcfg0, 0);
  asm.csr(2, randomRegister(random), CSR.pmpaddr0 + random.below(8), 0);

  const keep: number[] = [T0];
  while (keep.length < 6) {
    const register = randomRegister(random, [0, ...keep]);
    keep.push(register);
    const near = random.chance(0.7)
      ? random.pick(boundaries) + random.between(-9, 9)
      : PLAYGROUND + random.below(PLAYGROUND_BYTES);
    const inside = Math.min(Math.max(near, PLAYGROUND), PLAYGROUND + PLAYGROUND_BYTES - 8);
    // Not across the end of a page (see csr-table.ts).
    const crosses = (inside & 0xfff) > 0xff8;
    asm.constant(register, BigInt((inside & ~(crosses ? 7 : pagesOnly ? 0 : 3)) >>> 0));
  }
  const pointers = keep.slice(1);
  setCsr(asm, CSR.satp, 0n);
  emitFence(asm);
  if (random.chance(0.5)) {
    // Locked entries bind M mode too.
    const lower = BigInt(random.pick(hasLocked ? [0, 1, 3, 3, 3, 3] : [0, 1, 3]));
    setCsr(asm, CSR.mstatus, MSTATUS.MPRV | (lower << MSTATUS.MPP_SHIFT));
    asm.lui(T0, Number(MSTATUS.MPRV >> 12n));
    const count = random.between(1, 6);
    for (let index = 0; index < count; index++) {
      if (!pagesOnly) emitFence(asm);
      emitAccess(asm, random, random.pick(pointers), keep, 0);
    }
    asm.csr(3, 0, CSR.mstatus, T0);
    return;
  }
  const pointer = random.pick(pointers);
  const calls = random.chance(0.4);
  if (calls) {
    // What earlier snippets stored there would be run: make it a return again.
    asm.immediate('andi', OPCODE.opImm, 7, pointer, pointer, -2);
    asm.constant(T0, 0x8082_8082n);
    asm.store('sw', 2, T0, pointer, 0);
  }
  const body = new Label(`pmp_${asm.offset.toString(16)}`);
  setCsr(asm, CSR.medeleg, 0n);
  setCsr(asm, CSR.mie, 0n);
  setCsr(asm, CSR.mstatus, BigInt(random.below(2)) << MSTATUS.MPP_SHIFT);
  asm.address(T0, body);
  asm.csr(1, 0, CSR.mepc, T0);
  emitFence(asm);
  asm.system('mret', MRET);
  asm.place(body);
  // One access or one call only, since there is no fence in U mode.
  if (calls) asm.jalr(1, pointer, 0);
  else emitAccess(asm, random, pointer, keep, 0);
  asm.system('ecall', ECALL);
};

// Words that may or may not be instructions: random bits under a known opcode, random compressed halves, and the classic reserved
// encodings. What both machines must agree on is which of them trap and what stands in mtval. Jumps are left out, since they could
// loop, and loads and stores that exist, since they could hit a device, where the boards differ.

import { Label } from '../assembler.ts';
import { CSR } from '../csr-table.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitFreshValues } from './arithmetic.ts';
import { type SnippetContext, T0 } from './snippet.ts';

const OPCODES = [
  0x03, 0x07, 0x0b, 0x0f, 0x13, 0x17, 0x1b, 0x1f, 0x23, 0x27, 0x2b, 0x2f, 0x33, 0x37, 0x3b, 0x43, 0x53, 0x57, 0x5b,
  0x6b, 0x73, 0x77,
];

/** All zeros, all ones, uret, hfence, dret, mret and friends with stray bits, breakpoints, environment calls. */
const SPECIAL = [
  0x00000000, 0xffffffff, 0x00200073, 0x22000073, 0x62000073, 0x7b200073, 0x30200173, 0x10200273, 0x105000f3,
  0x00100073, 0x00000073, 0x00100173, 0x0ff0000f, 0x8330000f, 0x0000100f, 0x0000200f, 0x0100000f, 0x12000073,
  0x16000073, 0x18000073, 0x18100073, 0x0000001f, 0x0000003f, 0x0000007f,
];

/** LR with a second source, a funct5 that means nothing, or a width that does not exist. */
const reservedAtomic = (word: number, random: SeededRandom): number => {
  switch (random.below(3)) {
    case 0:
      return ((word & 0x07ff_8fff) | (2 << 27) | ((2 + random.below(2)) << 12) | (1 << 20)) >>> 0;
    case 1:
      return ((word & 0x07ff_ffff) | (random.pick([5, 6, 7, 9, 13, 17, 21, 25, 29, 31]) << 27)) >>> 0;
    default:
      return ((word & ~0x7000) | (random.pick([0, 1, 4, 5, 6, 7]) << 12)) >>> 0;
  }
};

export const randomWord = (random: SeededRandom): number => {
  if (random.chance(0.2)) return random.pick(SPECIAL);
  const opcode = random.pick(OPCODES);
  let word = ((random.bits32() & ~0x7f) | opcode) >>> 0;
  // A CSR instruction with random bits could write anything; registers have a snippet of their own.
  if (opcode === 0x73) word = (word & ~0x7000) >>> 0;
  // Mostly plausible funct7, else nearly all of OP is illegal.
  if ((opcode === 0x33 || opcode === 0x3b) && random.chance(0.6)) word = (word & 0x01ff_ffff) >>> 0;
  if (opcode === 0x03) word = (word | 0x7000) >>> 0;
  if (opcode === 0x23) word = (word | 0x4000) >>> 0;
  if (opcode === 0x2f) word = reservedAtomic(word, random);
  return word;
};

const isCompressedAccess = (half: number): boolean => (half & 1) === 0 && [2, 3, 6, 7].includes(half >> 13);

const isCompressedJump = (half: number): boolean => {
  const quadrant = half & 3;
  const funct3 = half >> 13;
  if (quadrant === 1) return funct3 === 5 || funct3 === 6 || funct3 === 7;
  return quadrant === 2 && funct3 === 4 && ((half >> 2) & 31) === 0;
};

/**
 * Reserved or absent compressed encodings: ADDI4SPN and ADDI16SP by 0, LUI of 0, ADDIW, LWSP and LDSP to x0, JR x0, the holes in SUBW's
 * row, C.FLD, C.FSD, C.FLDSP, C.FSDSP; and C.EBREAK.
 */
const SPECIAL_HALVES = [
  0x0000, 0x0004, 0x001c, 0x6101, 0x6081, 0x2001, 0x2015, 0x4002, 0x6002, 0x8002, 0x9c41, 0x9c61, 0x2000, 0xa000,
  0x2002, 0xa002, 0x8000, 0x9002,
];

export const randomHalf = (random: SeededRandom): number => {
  if (random.chance(0.2)) return random.pick(SPECIAL_HALVES);
  for (;;) {
    const half = random.bits32() & 0xffff;
    if ((half & 3) !== 3 && !isCompressedJump(half) && !isCompressedAccess(half)) return half;
  }
};

/** Half an instruction of any length, no jump and no CSR write; data pages are filled with these, so that code running there ends. */
export const randomCodeHalf = (random: SeededRandom): number => {
  for (;;) {
    const half = random.bits32() & 0xffff;
    if ((half & 3) !== 3 ? !isCompressedJump(half) : (half & 0x70) !== 0x60 && (half & 0x7f) !== 0x73) return half;
  }
};

const emitWord = ({ asm, random }: SnippetContext): void => {
  if (random.chance(0.5)) {
    const word = randomWord(random);
    asm.word(word, `.word 0x${word.toString(16).padStart(8, '0')}`);
  } else {
    const half = randomHalf(random);
    asm.half(half, `.half 0x${half.toString(16).padStart(4, '0')}`);
  }
};

export const illegalSnippet = (context: SnippetContext): void => {
  const { asm, random, next } = context;
  emitFreshValues(asm, random, 8);
  // One after the other: what traps goes on behind it, at a label of its own.
  for (let count = random.between(4, 12); count > 0; count--) {
    const behind = new Label(`behind_${asm.offset.toString(16)}`);
    asm.address(T0, behind);
    asm.csr(1, 0, CSR.mscratch, T0);
    emitWord(context);
    asm.place(behind);
  }
  // Then several in a row, up to the first that traps.
  asm.address(T0, next);
  asm.csr(1, 0, CSR.mscratch, T0);
  for (let count = random.between(1, 8); count > 0; count--) emitWord(context);
};

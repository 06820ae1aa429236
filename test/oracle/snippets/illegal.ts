// Words that may or may not be instructions: random bits under a known opcode, random compressed halves, and the classic reserved
// encodings. What both machines must agree on is which of them trap and what stands in mtval. Jumps and branches are left out, since
// they could loop.

import type { SeededRandom } from '../seeded-random.ts';
import { randomDataAddress } from './memory.ts';
import type { SnippetContext } from './snippet.ts';

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

export const randomWord = (random: SeededRandom): number => {
  if (random.chance(0.2)) return random.pick(SPECIAL);
  const opcode = random.pick(OPCODES);
  let word = ((random.bits32() & ~0x7f) | opcode) >>> 0;
  // A CSR instruction with random bits could write anything; registers have a snippet of their own.
  if (opcode === 0x73) word = (word & ~0x7000) >>> 0;
  // Mostly plausible funct7, else nearly all of OP is illegal.
  if ((opcode === 0x33 || opcode === 0x3b) && random.chance(0.6)) word = (word & 0x01ff_ffff) >>> 0;
  return word;
};

const isCompressedJump = (half: number): boolean => {
  const quadrant = half & 3;
  const funct3 = half >> 13;
  if (quadrant === 1) return funct3 === 5 || funct3 === 6 || funct3 === 7;
  return quadrant === 2 && funct3 === 4 && ((half >> 2) & 31) === 0;
};

export const randomHalf = (random: SeededRandom): number => {
  for (;;) {
    const half = random.bits32() & 0xffff;
    if ((half & 3) !== 3 && !isCompressedJump(half)) return half;
  }
};

/** Half an instruction of any length that is not a jump; data pages are filled with these, so that code running there ends. */
export const randomCodeHalf = (random: SeededRandom): number => {
  for (;;) {
    const half = random.bits32() & 0xffff;
    if ((half & 3) !== 3 ? !isCompressedJump(half) : (half & 0x70) !== 0x60) return half;
  }
};

export const illegalSnippet = ({ asm, random }: SnippetContext): void => {
  // A stray load or store must not hit a device, since the boards differ there: all registers point at data.
  for (let register = 1; register < 32; register++) asm.constant(register, randomDataAddress(random));
  const count = random.between(1, 12);
  for (let index = 0; index < count; index++) {
    if (random.chance(0.5)) {
      const word = randomWord(random);
      asm.word(word, `.word 0x${word.toString(16).padStart(8, '0')}`);
    } else {
      const half = randomHalf(random);
      asm.half(half, `.half 0x${half.toString(16).padStart(4, '0')}`);
    }
  }
};

// Little functions written into many pages and called at once or later: more pages than a cache of decoded code holds, at offsets where an
// instruction crosses into the next page, called at their physical address in M mode. What a cache throws out or keeps too long
// shows here.

import { OPCODE, typeI } from '../encoding.ts';
import { FAR_OFFSET, FAR_PAGES, RAM_BASE } from '../layout.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { randomRegister, type SnippetContext } from './snippet.ts';

const RETURN = 0x8082n;
const POINTER = 28;
const CODE = 29;
const LINK = 1;

/** `addi rd, rd, constant`, then a return: six bytes, stored as eight. */
const randomFunction = (random: SeededRandom): bigint => {
  const rd = randomRegister(random, [0, LINK, POINTER, CODE]);
  return BigInt(typeI(OPCODE.opImm, 0, rd, rd, random.between(-2048, 2047))) | (RETURN << 32n);
};

const randomPlace = (random: SeededRandom): number => {
  // Never the last page: what crosses its end would leave the region.
  const page = random.below(FAR_PAGES - 1);
  const within = random.chance(0.3) ? 4096 - random.pick([2, 4, 6]) : random.below(2040) * 2;
  return RAM_BASE + FAR_OFFSET + page * 4096 + within;
};

export const farCodeSnippet = ({ asm, random }: SnippetContext): void => {
  emitFreshValues(asm, random, 4);
  const places: number[] = [];
  const count = random.between(8, 40);
  for (let index = 0; index < count; index++) {
    const isKnown = places.length > 0 && random.chance(0.3);
    const place = isKnown ? random.pick(places) : randomPlace(random);
    asm.constant(POINTER, BigInt(place));
    // A known place may be rewritten, or only called again.
    if (!isKnown || random.chance(0.5)) {
      asm.constant(CODE, randomFunction(random));
      asm.store('sd', 3, CODE, POINTER, 0);
    }
    if (!isKnown) places.push(place);
    if (random.chance(0.2)) asm.word(0x0000100f, 'fence.i');
    if (random.chance(0.8)) asm.jalr(LINK, POINTER, 0);
    if (random.chance(0.2)) emitArithmetic(asm, random, [POINTER, CODE, LINK]);
  }
};

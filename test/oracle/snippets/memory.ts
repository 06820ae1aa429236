// Loads and stores of every width, plain and compressed, aligned and not, inside a page and across its end. The bases are given by
// the caller: physical data pages here, virtual addresses in the paging snippets.

import type { Assembler } from '../assembler.ts';
import { registerName } from '../assembler.ts';
import { cDouble, cLdsp, cLwsp, cSdsp, cSwsp, cWord } from '../encoding.ts';
import { DATA_OFFSET, DATA_PAGES, RAM_BASE } from '../layout.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { randomCompressedRegister, randomRegister, type SnippetContext } from './snippet.ts';

/** Name, funct3, bytes. */
const LOADS: readonly (readonly [string, number, number])[] = [
  ['lb', 0, 1],
  ['lh', 1, 2],
  ['lw', 2, 4],
  ['ld', 3, 8],
  ['lbu', 4, 1],
  ['lhu', 5, 2],
  ['lwu', 6, 4],
];

const STORES: readonly (readonly [string, number, number])[] = [
  ['sb', 0, 1],
  ['sh', 1, 2],
  ['sw', 2, 4],
  ['sd', 3, 8],
];

const randomOffset = (random: SeededRandom, bytes: number): number => {
  const offset = random.between(-128, 127) * random.pick([1, 1, 2, 8]);
  return random.chance(0.7) ? offset & ~(bytes - 1) : offset;
};

/** One plain load or store off `base`; `keep` is never loaded into. */
export const emitAccess = (
  asm: Assembler,
  random: SeededRandom,
  base: number,
  keep: readonly number[],
  largestOffset = 1024,
): void => {
  const isLoad = random.chance(0.5);
  const [name, funct3, bytes] = random.pick(isLoad ? LOADS : STORES);
  const offset = largestOffset === 0 ? 0 : randomOffset(random, bytes);
  if (isLoad) asm.load(name, funct3, randomRegister(random, keep), base, offset);
  else asm.store(name, funct3, randomRegister(random), base, offset);
};

/** One compressed access off `base`, which must be x8..x15, or off sp when `stack`. */
export const emitCompressedAccess = (
  asm: Assembler,
  random: SeededRandom,
  base: number,
  stack: boolean,
  keep: readonly number[],
): void => {
  const wide = random.chance(0.5);
  const isLoad = random.chance(0.5);
  if (stack) {
    const offset = wide ? random.below(64) * 8 : random.below(64) * 4;
    const rd = randomRegister(random, [0, ...keep]);
    const rs = randomRegister(random);
    if (isLoad) {
      if (wide) asm.half(cLdsp(rd, offset), `c.ldsp ${registerName(rd)}, ${offset}`);
      else asm.half(cLwsp(rd, offset), `c.lwsp ${registerName(rd)}, ${offset}`);
    } else if (wide) asm.half(cSdsp(rs, offset), `c.sdsp ${registerName(rs)}, ${offset}`);
    else asm.half(cSwsp(rs, offset), `c.swsp ${registerName(rs)}, ${offset}`);
    return;
  }
  const offset = wide ? random.below(32) * 8 : random.below(32) * 4;
  const register = isLoad ? randomCompressedRegister(random, keep) : randomCompressedRegister(random);
  const name = `c.${isLoad ? 'l' : 's'}${wide ? 'd' : 'w'} ${registerName(register)}, ${offset}(${registerName(base)})`;
  const bits = wide ? cDouble(isLoad ? 3 : 7, register, base, offset) : cWord(isLoad ? 2 : 6, register, base, offset);
  asm.half(bits, name);
};

/** A place in the data pages with at least 2 KiB of them on both sides, often close to the end of a page. */
export const randomDataAddress = (random: SeededRandom): bigint => {
  const page = random.between(1, DATA_PAGES - 2);
  const within = random.chance(0.4) ? random.between(-16, 16) & 0xfff : random.below(4096);
  const aligned = random.chance(0.6) ? within & ~7 : within;
  return BigInt(RAM_BASE + DATA_OFFSET + page * 4096 + aligned);
};

export const memorySnippet = ({ asm, random }: SnippetContext): void => {
  const base = randomRegister(random, [0, 2]);
  const low = randomCompressedRegister(random, [base]);
  const keep = [base, low, 2];
  emitFreshValues(asm, random, 4, keep);
  for (const register of keep) asm.constant(register, randomDataAddress(random));
  const count = random.between(8, 30);
  for (let index = 0; index < count; index++) {
    switch (random.below(5)) {
      case 0:
        emitArithmetic(asm, random, keep);
        break;
      case 1:
        emitCompressedAccess(asm, random, low, false, keep);
        break;
      case 2:
        emitCompressedAccess(asm, random, low, true, keep);
        break;
      default:
        emitAccess(asm, random, random.pick(keep), keep);
    }
  }
};

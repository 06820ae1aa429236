// The A extension: every AMO at both widths with all aq/rl bits, aligned and not, and LR/SC: pairs that succeed, that fail for want of a
// reservation, that fail because another address was reserved or the value has changed, of different width, far from each other.

import { type Assembler, registerName } from '../assembler.ts';
import { OPCODE, typeR } from '../encoding.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { randomDataAddress } from './memory.ts';
import { randomRegister, type SnippetContext } from './snippet.ts';

const AMOS: readonly (readonly [string, number])[] = [
  ['amoadd', 0],
  ['amoswap', 1],
  ['amoxor', 4],
  ['amoor', 8],
  ['amoand', 12],
  ['amomin', 16],
  ['amomax', 20],
  ['amominu', 24],
  ['amomaxu', 28],
];

const emitAtomic = (
  asm: Assembler,
  name: string,
  funct5: number,
  width: 2 | 3,
  ordering: number,
  rd: number,
  rs1: number,
  rs2: number,
): void =>
  asm.word(
    typeR(OPCODE.amo, width, (funct5 << 2) | ordering, rd, rs1, rs2),
    `${name}.${width === 2 ? 'w' : 'd'} ${registerName(rd)}, ${registerName(rs2)}, (${registerName(rs1)})`,
  );

export const emitAmo = (asm: Assembler, random: SeededRandom, base: number, keep: readonly number[]): void => {
  const [name, funct5] = random.pick(AMOS);
  emitAtomic(
    asm,
    name,
    funct5,
    random.pick([2, 3] as const),
    random.below(4),
    randomRegister(random, keep),
    base,
    randomRegister(random),
  );
};

export const emitLoadReserved = (
  asm: Assembler,
  random: SeededRandom,
  base: number,
  keep: readonly number[],
  width: 2 | 3,
): void => emitAtomic(asm, 'lr', 2, width, random.below(4), randomRegister(random, keep), base, 0);

const emitStoreConditional = (
  asm: Assembler,
  random: SeededRandom,
  base: number,
  keep: readonly number[],
  width: 2 | 3,
): void => emitAtomic(asm, 'sc', 3, width, random.below(4), randomRegister(random, keep), base, randomRegister(random));

/** LR, a little arithmetic, SC at the same address and width. */
export const emitReservedPair = (asm: Assembler, random: SeededRandom, base: number, keep: readonly number[]): void => {
  const width = random.pick([2, 3] as const);
  emitLoadReserved(asm, random, base, keep, width);
  for (let count = random.below(4); count > 0; count--) emitArithmetic(asm, random, keep);
  emitStoreConditional(asm, random, base, keep, width);
  // The first SC took the reservation away, so a second one fails.
  if (random.chance(0.3)) emitStoreConditional(asm, random, base, keep, width);
};

export const atomicSnippet = ({ asm, random }: SnippetContext): void => {
  const base = randomRegister(random, [0]);
  const other = randomRegister(random, [0, base]);
  const keep = [base, other];
  emitFreshValues(asm, random, 4, keep);
  const address = randomDataAddress(random) & ~7n;
  asm.constant(base, address);
  asm.constant(other, address + 8n * BigInt(random.between(1, 20)));
  const count = random.between(4, 16);
  for (let index = 0; index < count; index++) {
    switch (random.below(9)) {
      case 6: {
        // In between, something else is stored there, or the same again, or part of it.
        const width = random.pick([2, 3] as const);
        const held = randomRegister(random, [0, ...keep]);
        emitLoadReserved(asm, random, base, keep, width);
        asm.load(width === 2 ? 'lw' : 'ld', width, held, base, 0);
        if (random.chance(0.5)) emitArithmetic(asm, random, keep);
        asm.store('sd', random.below(4), held, base, 0);
        emitStoreConditional(asm, random, base, keep, width);
        break;
      }
      case 7:
        // The other order of widths is left out (see csr-table.ts).
        emitLoadReserved(asm, random, base, keep, 2);
        emitStoreConditional(asm, random, base, keep, 3);
        break;
      case 8:
        emitStoreConditional(asm, random, random.pick(keep), keep, random.pick([2, 3] as const));
        break;
      case 0:
        emitReservedPair(asm, random, random.pick(keep), keep);
        break;
      case 1: {
        const width = random.pick([2, 3] as const);
        emitLoadReserved(asm, random, base, keep, width);
        emitStoreConditional(asm, random, other, keep, width);
        break;
      }
      case 2:
        emitArithmetic(asm, random, keep);
        break;
      default:
        emitFreshValues(asm, random, 2, keep);
        emitAmo(asm, random, random.pick(keep), keep);
    }
  }
  if (random.chance(0.25)) {
    // Ends in a trap: address misaligned.
    asm.addi(base, base, random.between(1, 7));
    if (random.chance(0.6)) emitAmo(asm, random, base, keep);
    else if (random.chance(0.3)) emitStoreConditional(asm, random, base, keep, random.pick([2, 3] as const));
    else emitLoadReserved(asm, random, base, keep, random.pick([2, 3] as const));
  }
};

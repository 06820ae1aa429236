// Code that rewrites code: words, halves and doublewords, the very next instruction or one that has run before, in a loop, with
// FENCE.I and without. The manual allows stale instructions without FENCE.I; QEMU and ours promise coherent ones.

import { Label } from '../assembler.ts';
import { OPCODE, typeI, typeR } from '../encoding.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { randomRegister, type SnippetContext } from './snippet.ts';

const randomHarmlessWord = (random: SeededRandom, keep: readonly number[]): number => {
  const rd = randomRegister(random, keep);
  if (random.chance(0.3)) return 0x0001_0001;
  if (random.chance(0.5)) {
    return typeI(
      OPCODE.opImm,
      random.pick([0, 2, 3, 4, 6, 7]),
      rd,
      randomRegister(random),
      random.between(-2048, 2047),
    );
  }
  return typeR(OPCODE.op, random.below(8), random.below(2), rd, randomRegister(random), randomRegister(random));
};

export const selfModifyingSnippet = ({ asm, random }: SnippetContext): void => {
  const pointer = 28;
  const value = 29;
  const counter = 30;
  const step = 31;
  const keep = [pointer, value, counter, step];
  const slot = new Label(`slot_${asm.offset.toString(16)}`);
  const top = new Label(`again_${asm.offset.toString(16)}`);
  emitFreshValues(asm, random, 4, keep);
  asm.address(pointer, slot);
  asm.constant(value, BigInt(randomHarmlessWord(random, keep)) | (BigInt(randomHarmlessWord(random, keep)) << 32n));
  asm.addi(counter, 0, random.between(1, 4));
  // Adding this to an ADDI changes its constant, so that each round stores another instruction.
  asm.constant(step, 1n << 20n);
  asm.place(top);
  const early = random.chance(0.5);
  if (early) asm.store('sw', 2, value, pointer, 0);
  for (let count = random.below(4); count > 0; count--) emitArithmetic(asm, random, keep);
  if (!early) {
    const offset = random.pick([0, 4]);
    const width = random.below(4);
    if (width === 0) asm.store('sd', 3, value, pointer, 0);
    else if (width === 1) asm.store('sh', 1, value, pointer, offset + random.pick([0, 2]));
    else asm.store('sw', 2, value, pointer, offset);
  }
  if (random.chance(0.4)) asm.word(0x0000100f, 'fence.i');
  asm.place(slot);
  for (let count = 0; count < 2; count++) {
    const rd = randomRegister(random, [0, ...keep]);
    asm.word(typeI(OPCODE.opImm, 0, rd, rd, 1), `addi x${rd}, x${rd}, 1 (rewritten)`);
  }
  asm.addi(counter, counter, -1);
  if (random.chance(0.5)) asm.op('add', 0, 0, value, value, step);
  asm.branch('blt', 4, 0, counter, top);
};

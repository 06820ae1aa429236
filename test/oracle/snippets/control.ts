// Branches and jumps: both directions, taken and not, every comparison, the compressed forms, calls through registers with odd
// targets (JALR clears bit 0), and loops whose count is kept in a register of their own.

import { Label } from '../assembler.ts';
import { typeCR } from '../encoding.ts';
import { emitArithmetic, emitFreshValues } from './arithmetic.ts';
import { randomCompressedRegister, randomRegister, type SnippetContext } from './snippet.ts';

const BRANCHES: readonly (readonly [string, number])[] = [
  ['beq', 0],
  ['bne', 1],
  ['blt', 4],
  ['bge', 5],
  ['bltu', 6],
  ['bgeu', 7],
];

const emitFiller = (context: SnippetContext, count: number, keep: readonly number[]): void => {
  for (let index = 0; index < count; index++) emitArithmetic(context.asm, context.random, keep);
};

const emitForward = (context: SnippetContext, keep: readonly number[]): void => {
  const { asm, random } = context;
  const target = new Label(`forward_${asm.offset.toString(16)}`);
  const low = randomCompressedRegister(random);
  const pointer = randomRegister(random, [0, ...keep]);
  switch (random.below(8)) {
    case 0:
      asm.jal(randomRegister(random, keep), target);
      break;
    case 1:
      asm.compressedJump(target);
      break;
    case 2:
      asm.compressedBranch(random.pick([6, 7] as const), low, target);
      break;
    case 3:
      // The offset brings an odd address to the target's or makes an even one odd; either way bit 0 is dropped.
      {
        const skew = random.between(-1024, 1023);
        asm.address(pointer, target, -skew + (random.chance(0.5) ? 1 : 0));
        asm.jalr(randomRegister(random, keep), pointer, skew);
      }
      break;
    case 4:
      asm.address(pointer, target);
      if (random.chance(0.5) && !keep.includes(1)) asm.half(typeCR(9, pointer, 0), `c.jalr x${pointer}`);
      else asm.half(typeCR(8, pointer, 0), `c.jr x${pointer}`);
      break;
    default: {
      const [name, funct3] = random.pick(BRANCHES);
      asm.branch(name, funct3, randomRegister(random), randomRegister(random), target);
    }
  }
  emitFiller(context, random.below(6), keep);
  asm.place(target);
};

const emitLoop = (context: SnippetContext, depth: number, keep: readonly number[]): void => {
  const { asm, random } = context;
  const counter = randomCompressedRegister(random, keep);
  const inner = [...keep, counter];
  const top = new Label(`loop_${asm.offset.toString(16)}`);
  asm.addi(counter, 0, random.between(1, depth === 0 ? 9 : 3));
  asm.place(top);
  emitFiller(context, random.below(5), inner);
  if (random.chance(0.5)) emitForward(context, inner);
  if (depth > 0) emitLoop(context, depth - 1, inner);
  emitFiller(context, random.below(4), inner);
  asm.addi(counter, counter, -1);
  if (random.chance(0.3) && asm.here - (top.address ?? 0) < 250) asm.compressedBranch(7, counter, top);
  else asm.branch('bne', 1, counter, 0, top);
};

export const controlSnippet = (context: SnippetContext): void => {
  const { asm, random } = context;
  emitFreshValues(asm, random, 4);
  const count = random.between(3, 10);
  for (let index = 0; index < count; index++) {
    if (random.chance(0.25)) emitLoop(context, random.below(2), []);
    else emitForward(context, []);
    if (random.chance(0.3)) emitFreshValues(asm, random, 1);
  }
};

// What every kind of snippet gets: where to emit, its own random numbers, and where the program goes on. A program is a row of
// snippets that do not depend on each other, so that a failing one can be shrunk by leaving snippets out.

import type { Assembler, Label } from '../assembler.ts';
import type { SeededRandom } from '../seeded-random.ts';

export interface SnippetContext {
  readonly asm: Assembler;
  readonly random: SeededRandom;
  /** Runs in M mode, untranslated. Every trap that M mode gets goes on there. */
  readonly next: Label;
  /** The handlers of the program. */
  readonly handlers: Handlers;
}

export interface Handlers {
  /** 4-byte aligned; handles every trap to M mode. */
  readonly machine: Label;
  /** 256-byte aligned table of jumps for vectored mode. */
  readonly machineVectors: Label;
  readonly supervisor: Label;
  readonly supervisorVectors: Label;
}

export type Snippet = (context: SnippetContext) => void;

/** Scratch registers of the fixed parts; random code uses them too. */
export const T0 = 5;
export const T1 = 6;
export const T2 = 7;

const EDGE_VALUES: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  -2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  -0x8000_0000n,
  -0x8000_0001n,
  0x7fff_ffff_ffff_ffffn,
  -0x8000_0000_0000_0000n,
  -0x7fff_ffff_ffff_ffffn,
  0x5555_5555_5555_5555n,
  -0x5555_5555_5555_5556n,
];

/** An operand: often at an edge of some width, sometimes any bits. */
export const randomValue = (random: SeededRandom): bigint => {
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.pick(EDGE_VALUES);
    case 2:
      return BigInt(random.between(-70, 70));
    case 3:
      return BigInt.asIntN(64, 1n << BigInt(random.below(64)));
    case 4:
      return BigInt.asIntN(32, BigInt(random.bits32()));
    default:
      return BigInt.asIntN(64, random.bits64());
  }
};

export const randomRegister = (random: SeededRandom, avoid: readonly number[] = []): number => {
  for (;;) {
    const register = random.below(32);
    if (!avoid.includes(register)) return register;
  }
};

/** One of x8..x15, which the compressed formats can name. */
export const randomCompressedRegister = (random: SeededRandom, avoid: readonly number[] = []): number => {
  for (;;) {
    const register = random.between(8, 15);
    if (!avoid.includes(register)) return register;
  }
};

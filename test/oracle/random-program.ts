// A random program: fixed beginning, handlers and end, and between them snippets drawn from a seed. Each snippet has a stream of random
// numbers of its own, so leaving some out (to shrink a failure) does not change the others.

import { Assembler, Label } from './assembler.ts';
import { emitEnd, emitHandlers, emitPrologue, newHandlers } from './handlers.ts';
import {
  CODE_LIMIT,
  CODE_OFFSET,
  DATA_OFFSET,
  DATA_PAGES,
  IMAGE_BYTES,
  PMP_OFFSET,
  PMP_PAGES,
  POOL_LIMIT,
  POOL_OFFSET,
  RAM_BASE,
} from './layout.ts';
import { buildPageTables } from './page-tables.ts';
import { SeededRandom } from './seeded-random.ts';
import { arithmeticSnippet } from './snippets/arithmetic.ts';
import { atomicSnippet } from './snippets/atomic.ts';
import { controlSnippet } from './snippets/control.ts';
import { farCodeSnippet } from './snippets/far-code.ts';
import { illegalSnippet, randomCodeHalf } from './snippets/illegal.ts';
import { interruptsSnippet } from './snippets/interrupts.ts';
import { memorySnippet } from './snippets/memory.ts';
import { modesSnippet } from './snippets/modes.ts';
import { pagingSnippet } from './snippets/paging.ts';
import { pmpSnippet } from './snippets/pmp.ts';
import { registersSnippet } from './snippets/registers.ts';
import { selfModifyingSnippet } from './snippets/self-modifying.ts';
import { type Snippet, T0 } from './snippets/snippet.ts';

export const SNIPPETS: Readonly<Record<string, Snippet>> = {
  arithmetic: arithmeticSnippet,
  memory: memorySnippet,
  control: controlSnippet,
  atomic: atomicSnippet,
  registers: registersSnippet,
  illegal: illegalSnippet,
  modes: modesSnippet,
  paging: pagingSnippet,
  pmp: pmpSnippet,
  interrupts: interruptsSnippet,
  'self-modifying': selfModifyingSnippet,
  'far-code': farCodeSnippet,
};

/** How often each kind is drawn. */
const WEIGHTS: Readonly<Record<string, number>> = {
  arithmetic: 3,
  memory: 3,
  control: 3,
  atomic: 3,
  registers: 3,
  illegal: 2,
  modes: 14,
  paging: 5,
  pmp: 4,
  interrupts: 3,
  'self-modifying': 2,
  'far-code': 2,
};

export interface ProgramChoice {
  readonly seed: number;
  /** Kinds to draw from; all when absent. */
  readonly kinds?: readonly string[];
  readonly snippets?: number;
  /** Positions to keep when shrinking; all when absent. */
  readonly only?: readonly number[];
}

export interface Program {
  readonly choice: ProgramChoice;
  readonly image: Uint8Array;
  /** What stands at an address, by offset from RAM_BASE. */
  readonly listing: ReadonlyMap<number, string>;
  /** The kind of each snippet, and where it begins. */
  readonly parts: readonly { readonly index: number; readonly kind: string; readonly address: number }[];
}

export const DEFAULT_SNIPPETS = 40;

const drawKind = (random: SeededRandom, kinds: readonly string[]): string => {
  let total = 0;
  for (const kind of kinds) total += WEIGHTS[kind] ?? 1;
  let left = random.below(total);
  for (const kind of kinds) {
    left -= WEIGHTS[kind] ?? 1;
    if (left < 0) return kind;
  }
  throw new RangeError('no kind of snippet to draw from');
};

/** Random bytes, with code at the places where jumps into data pages go: returns, and an instruction that crosses into the next page. */
const fillData = (asm: Assembler, random: SeededRandom): void => {
  const view = new DataView(asm.image.buffer);
  for (let page = 0; page < DATA_PAGES; page++) {
    const start = DATA_OFFSET + page * 4096;
    for (let offset = 0; offset < 4096; offset += 2) view.setUint16(start + offset, randomCodeHalf(random), true);
    view.setUint16(start, 0x0015, true);
    view.setUint16(start + 2, 0x8082, true);
    for (let offset = 8; offset < 4088; offset += 2)
      if (random.chance(0.3)) view.setUint16(start + offset, 0x8082, true);
    // The lower half of `addi a0, a0, 1`; the upper half is the first half of every data page.
    view.setUint16(start + 4094, 0x0513, true);
  }
  for (let offset = 0; offset < PMP_PAGES * 4096; offset += 2) view.setUint16(PMP_OFFSET + offset, 0x8082, true);
};

export const randomProgram = (choice: ProgramChoice): Program => {
  const { seed } = choice;
  const random = new SeededRandom(seed);
  const kinds = choice.kinds ?? Object.keys(SNIPPETS);
  const asm = new Assembler(RAM_BASE, IMAGE_BYTES);
  const handlers = newHandlers();
  const body = new Label('body');
  emitPrologue(asm, random, handlers, body);
  emitHandlers(asm, handlers);
  asm.align(CODE_OFFSET);
  asm.place(body);
  fillData(asm, random);
  buildPageTables(asm, random);

  const parts: { index: number; kind: string; address: number }[] = [];
  const count = choice.snippets ?? DEFAULT_SNIPPETS;
  let begin = new Label('snippet_0');
  asm.place(begin);
  for (let index = 0; index < count; index++) {
    const kind = drawKind(random, kinds);
    const own = new SeededRandom(random.bits32());
    if (choice.only !== undefined && !choice.only.includes(index)) continue;
    const snippet = SNIPPETS[kind];
    if (snippet === undefined) throw new RangeError(`there is no kind of snippet named ${kind}`);
    const next = new Label(`snippet_${index + 1}`);
    parts.push({ index, kind, address: asm.here });
    asm.address(T0, next);
    asm.csr(1, 0, 0x340, T0);
    snippet({ asm, random: own, next, handlers });
    // A page boundary within an instruction is wanted, so snippets begin at any even address.
    if (own.chance(0.2)) asm.half(0x0001, 'c.nop');
    asm.place(next);
    begin = next;
  }
  parts.push({ index: count, kind: 'end', address: asm.here });
  emitEnd(asm);
  if (asm.offset > CODE_LIMIT) throw new RangeError(`the program needs ${asm.offset} bytes of code`);
  asm.finish(POOL_OFFSET, POOL_LIMIT);
  return { choice, image: asm.image, listing: asm.listing, parts };
};

// Both state machines against a memory that is written at random meanwhile: whatever the interleaving, what arrives is what was there.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS, NS_PER_S } from '../runtime/mod.ts';
import type { MigratingVm } from './migrating-vm.ts';
import { decodeSourceFrame, digestOf, PrecopySource, PrecopyTarget, type SourceStep } from './mod.ts';

const PAGE_BYTES = 4096;
const PAGES = 200;

/** A memory whose pages hold one byte value each. */
class PaintedMemory implements MigratingVm {
  readonly pageCount = PAGES;
  readonly values = new Uint8Array(PAGES);
  readonly #dirty = new Set<number>();
  state = Uint8Array.from([0]);

  write(page: number, value: number): void {
    this.values[page] = value;
    this.#dirty.add(page);
  }

  collectDirty(visit: (page: number) => void): void {
    const pages = [...this.#dirty].sort((a, b) => a - b);
    this.#dirty.clear();
    for (const page of pages) visit(page);
  }

  isZero(page: number): boolean {
    return this.values[page] === 0;
  }

  content(page: number): Uint8Array {
    return new Uint8Array(PAGE_BYTES).fill(this.values[page]!);
  }

  hash(page: number): readonly [number, number] {
    return [this.values[page]! * 0x9e3779b1, this.values[page]!];
  }

  install(page: number, content: Uint8Array): void {
    this.values[page] = content[0]!;
  }

  drop(page: number): void {
    this.values[page] = 0;
  }

  saveState(): Uint8Array {
    return this.state;
  }

  loadState(state: Uint8Array): void {
    this.state = Uint8Array.from(state);
  }
}

const limits = {
  downtimeLimitNs: 5 * NS_PER_MS,
  stalledRoundsMax: 2,
  roundsMax: 10,
  totalLimitNs: 100 * NS_PER_S,
  waitLimitNs: NS_PER_S,
};
/** 1 page per 40 µs. */
const NS_PER_BYTE = 10;

interface Outcome {
  readonly source: PaintedMemory;
  readonly target: PaintedMemory;
  readonly end: 'verified' | 'broken' | SourceStep;
  readonly rounds: number;
  readonly pages: number;
}

/** Moves a memory while `write` writes into it, once for each frame that the target applies. */
function move(write: (memory: PaintedMemory, frame: number) => void, damage = false): Outcome {
  const source = new PaintedMemory();
  for (let page = 0; page < PAGES; page += 2) source.write(page, 1 + (page % 255));
  const target = new PaintedMemory();
  // What a target holds from elsewhere must not survive.
  target.values.fill(99);
  const wire: Uint8Array[] = [];
  let now = 0;
  const sender = new PrecopySource(source, limits, 300_000, now, (frame) => wire.push(frame));
  const receiver = new PrecopyTarget(target);
  let applied = 0;
  for (;;) {
    const step = sender.pump(now);
    if (step.kind === 'abort')
      return { source, target, end: step, rounds: sender.totals.rounds, pages: sender.totals.pages };
    if (step.kind === 'stop') sender.stopped(now);
    if (sender.drained) break;
    const frame = wire.shift();
    if (frame === undefined) continue;
    if (damage && frame.byteLength > PAGE_BYTES) frame[frame.byteLength - PAGE_BYTES]! ^= 1;
    now += frame.byteLength * NS_PER_BYTE;
    receiver.apply(decodeSourceFrame(frame));
    sender.credit(frame.byteLength);
    applied += 1;
    if (step.kind !== 'stop' && !sender.drained) write(source, applied);
  }
  source.state = Uint8Array.from([42]);
  sender.finish({ consoleTail: '', recentInputs: [], instructions: 0 });
  let last = receiver.apply(decodeSourceFrame(wire.shift()!));
  for (const frame of wire) last = receiver.apply(decodeSourceFrame(frame));
  return { source, target, end: last.kind as 'verified', rounds: sender.totals.rounds, pages: sender.totals.pages };
}

describe('pre-copy', () => {
  it('moves a quiet memory in one round and a short last one', () => {
    const { source, target, end, pages } = move(() => undefined);
    expect(end).toBe('verified');
    expect(target.values).toEqual(source.values);
    expect(pages).toBe(PAGES / 2);
  });

  it('does not verify what was damaged on the way', () => {
    expect(move(() => undefined, true).end).toBe('broken');
  });

  it('gives up when the dirty set does not shrink, and says so', () => {
    const everything = (memory: PaintedMemory, frame: number): void => {
      for (let page = 0; page < PAGES; page += 1) memory.write(page, (frame % 250) + 1);
    };
    const { end } = move(everything);
    expect(end).toMatchObject({ kind: 'abort', reason: 'not-converging' });
  });

  it('arrives as it was, with equal digests, however it was written on the way', () => {
    const writes = fc.array(fc.array(fc.tuple(fc.nat({ max: PAGES - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(writes, (plan) => {
        const write = (memory: PaintedMemory, frame: number): void => {
          for (const [page, value] of plan[frame] ?? []) memory.write(page, value);
        };
        const { source, target, end } = move(write);
        if (typeof end === 'object') return; // Given up: allowed, and the source is untouched.
        expect(end).toBe('verified');
        expect(target.values).toEqual(source.values);
        expect(digestOf(target)).toEqual(digestOf(source));
      }),
      { numRuns: 300 },
    );
  });
});

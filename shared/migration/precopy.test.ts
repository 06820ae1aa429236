// Both state machines against a memory that is written at random meanwhile: whatever the interleaving, what arrives is what was there.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MachineError } from '../machine/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../runtime/mod.ts';
import type { MigratingVm } from './migrating-vm.ts';
import {
  Digest,
  decodeSourceFrame,
  digestOf,
  encodeFinal,
  PrecopySource,
  PrecopyTarget,
  type SourceStep,
} from './mod.ts';

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
  /** Of these, sent while the memory stood still. */
  readonly lastPages: number;
}

interface Way {
  readonly damage?: boolean;
  readonly limits?: typeof limits;
  readonly nsPerByte?: number;
  readonly creditBytes?: number;
}

/** Moves a memory while `write` writes into it, once for each frame that the target applies. */
function move(write: (memory: PaintedMemory, frame: number) => void, way: Way = {}): Outcome {
  const { damage = false, nsPerByte = NS_PER_BYTE, creditBytes = 300_000 } = way;
  const source = new PaintedMemory();
  for (let page = 0; page < PAGES; page += 2) source.write(page, 1 + (page % 255));
  const target = new PaintedMemory();
  // What a target holds from elsewhere must not survive.
  target.values.fill(99);
  const wire: Uint8Array[] = [];
  let now = 0;
  const sender = new PrecopySource(source, way.limits ?? limits, creditBytes, now, (frame) => wire.push(frame));
  const receiver = new PrecopyTarget(target);
  let applied = 0;
  let pagesBefore = 0;
  const counts = () => {
    const { rounds, pages } = sender.totals;
    return { rounds, pages, lastPages: pages - pagesBefore };
  };
  for (;;) {
    const step = sender.pump(now);
    if (step.kind === 'abort') return { source, target, end: step, ...counts() };
    if (step.kind === 'stop') {
      pagesBefore = sender.totals.pages;
      sender.stopped(now);
    }
    if (sender.drained) break;
    const frame = wire.shift();
    if (frame === undefined) continue;
    if (damage && frame.byteLength > PAGE_BYTES) frame[frame.byteLength - PAGE_BYTES]! ^= 1;
    now += frame.byteLength * nsPerByte;
    receiver.apply(decodeSourceFrame(frame));
    sender.credit(frame.byteLength);
    applied += 1;
    if (step.kind !== 'stop' && !sender.drained) write(source, applied);
  }
  source.state = Uint8Array.from([42]);
  sender.finish({ consoleTails: [], recentInputs: [], instructions: 0 });
  let last = receiver.apply(decodeSourceFrame(wire.shift()!));
  for (const frame of wire) last = receiver.apply(decodeSourceFrame(frame));
  return { source, target, end: last.kind as 'verified', ...counts() };
}

describe('pre-copy', () => {
  it('moves a quiet memory in one round and a short last one', () => {
    const { source, target, end, pages } = move(() => undefined);
    expect(end).toBe('verified');
    expect(target.values).toEqual(source.values);
    expect(pages).toBe(PAGES / 2);
  });

  it('does not verify what was damaged on the way', () => {
    expect(move(() => undefined, { damage: true }).end).toBe('broken');
  });

  it('says so when the machine state is whole but cannot be loaded, and a bug stays one', () => {
    const arrive = (error: Error) => {
      const target = new PaintedMemory();
      target.loadState = () => {
        throw error;
      };
      const state = Uint8Array.from([42]);
      const digest = new Digest(PAGES).finish(state);
      const frame = encodeFinal({ consoleTails: [], recentInputs: [], instructions: 0 }, digest, state);
      return new PrecopyTarget(target).apply(decodeSourceFrame(frame));
    };
    expect(arrive(new MachineError('MACHINE_BAD_STATE', 'it has other devices'))).toEqual({
      kind: 'broken',
      why: 'cannot restore this machine: it has other devices',
    });
    expect(() => arrive(new TypeError('a bug'))).toThrow('a bug');
  });

  it('goes on below the downtime limit while each round halves what remains', () => {
    // A page takes 4 ms, and every frame applied leaves one page dirty: 6 pages after the first round, 2 after the second, 2 after the third.
    const slow = { limits: { ...limits, downtimeLimitNs: 100 * NS_PER_MS }, nsPerByte: 1000 };
    const write = (memory: PaintedMemory, frame: number): void => memory.write((7 * frame) % PAGES, 100 + frame);
    expect(move(write, slow)).toMatchObject({ end: 'verified', rounds: 4, lastPages: 2 });
    // The limits of a migration still hold: no round more than allowed, no time.
    const short = { ...slow, limits: { ...slow.limits, roundsMax: 1 } };
    expect(move(write, short)).toMatchObject({ end: 'verified', rounds: 2, lastPages: 6 });
    const hasty = { ...slow, limits: { ...slow.limits, totalLimitNs: 400 * NS_PER_MS } };
    expect(move(write, hasty)).toMatchObject({ end: 'verified', rounds: 2, lastPages: 6 });
  });

  it('stops at once when what remains is short, though another round would halve it', () => {
    const write = (memory: PaintedMemory, frame: number): void => memory.write((7 * frame) % PAGES, 100 + frame);
    expect(move(write)).toMatchObject({ end: 'verified', rounds: 2, lastPages: 6 });
  });

  it('gives up when the dirty set does not shrink, and says so', () => {
    const everything = (memory: PaintedMemory, frame: number): void => {
      for (let page = 0; page < PAGES; page += 1) memory.write(page, (frame % 250) + 1);
    };
    const { end } = move(everything);
    expect(end).toMatchObject({ kind: 'abort', reason: 'not-converging' });
  });

  it('gives up when its time is over in the middle of a round', () => {
    const slow = { limits: { ...limits, totalLimitNs: 200 * NS_PER_MS }, nsPerByte: 1000, creditBytes: 100_000 };
    const { end } = move(() => undefined, slow);
    // 100 pages take 410 ms in four frames, one at a time; it finds out when the second has been applied and the third is on its way.
    expect(end).toMatchObject({ kind: 'abort', reason: 'time-limit', round: { round: 1, remainingPages: 4 } });
  });

  it('ends a round when the target has applied all of it, not when it is sent', () => {
    const memory = new PaintedMemory();
    for (let page = 0; page < 40; page += 1) memory.write(page, 7);
    const sent: number[] = [];
    const sender = new PrecopySource(memory, limits, 1_000_000, 0, (frame) => sent.push(frame.byteLength));
    expect(sender.pump(0)).toEqual({ kind: 'wait' });
    while (sent.length > 1) {
      sender.credit(sent.shift()!);
      expect(sender.pump(1000)).toEqual({ kind: 'wait' });
    }
    sender.credit(sent.shift()!);
    expect(sender.pump(2000)).toMatchObject({ kind: 'stop', round: { round: 1, pages: 40, zeroPages: 160 } });
  });

  it('sends one frame at a time when frames are larger than the window, and none without one', () => {
    const memory = new PaintedMemory();
    for (let page = 0; page < 100; page += 1) memory.write(page, 7);
    const start = (creditBytes: number) => {
      const sent: Uint8Array[] = [];
      return { sent, sender: new PrecopySource(memory, limits, creditBytes, 0, (frame) => sent.push(frame)) };
    };
    const { sender, sent } = start(1000);
    let largest = 0;
    for (let step = sender.pump(0); step.kind === 'wait'; step = sender.pump(0)) {
      largest = Math.max(largest, sent.filter((frame) => frame.byteLength > 1000).length);
      sender.credit(sent.shift()!.byteLength);
    }
    expect(largest).toBe(1);
    const none = start(0);
    expect(none.sender.pump(0)).toEqual({ kind: 'wait' });
    for (const frame of none.sent.splice(0)) none.sender.credit(frame.byteLength);
    expect(none.sender.pump(0)).toEqual({ kind: 'wait' });
    expect(none.sent).toEqual([]);
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

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Block } from './block.ts';
import { HostViews } from './host-views.ts';
import { GRANTED, MTIMECMP, REMAINING, SLICE_EXECUTED, TIME_OFFSET_TICKS } from './layout.ts';
import { MAXIMUM_RATE, SliceClock } from './slice-clock.ts';

const block = new Block(new HostViews(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })), 0);
const clock = new SliceClock(block);
const rate = fc.integer({ min: 1, max: MAXIMUM_RATE });
const tick = fc.integer({ min: 0, max: 2 ** 50 });

/** The definition, in integers without bounds. */
const ticksAfter = (executed: number, perSecond: number): bigint =>
  (BigInt(executed) * 10_000_000n) / BigInt(perSecond);

test('guest time is the start tick and what was executed at the rate, less the offset', () => {
  fc.assert(
    fc.property(tick, rate, fc.integer({ min: 0, max: 2 ** 45 }), tick, (start, perSecond, executed, offset) => {
      clock.begin(start, perSecond);
      block.setDouble(SLICE_EXECUTED, executed);
      block.setDouble(TIME_OFFSET_TICKS, offset);
      const expected = BigInt(start) + ticksAfter(executed, perSecond) - BigInt(offset);
      fc.pre(expected < 1n << 53n && expected > -(1n << 53n));
      expect(BigInt(clock.guestTicks())).toBe(expected);
    }),
  );
});

test('the timer falls due at the first instruction whose time has reached it, neither before nor after', () => {
  fc.assert(
    fc.property(
      tick,
      rate,
      fc.integer({ min: 0, max: 2 ** 30 }),
      fc.integer({ min: 1, max: 2 ** 32 }),
      (start, perSecond, executed, wait) => {
        clock.begin(start, perSecond);
        block.setDouble(TIME_OFFSET_TICKS, 0);
        block.setDouble(SLICE_EXECUTED, executed);
        const due = BigInt(clock.hostTicks() + wait);
        block.setLong(MTIMECMP, due);
        const instructions = clock.instructionsUntilTimer();
        expect(clock.timerIsDue()).toBe(false);
        expect(BigInt(start) + ticksAfter(executed + instructions, perSecond) >= due).toBe(true);
        expect(BigInt(start) + ticksAfter(executed + instructions - 1, perSecond) < due).toBe(true);
      },
    ),
  );
});

test('within a call, the current instruction is not yet counted', () => {
  clock.begin(0, 10_000_000);
  block.setDouble(TIME_OFFSET_TICKS, 0);
  block.setInt(GRANTED, 100);
  block.setInt(REMAINING, 40);
  expect(clock.guestTicks()).toBe(59);
  block.setInt(GRANTED, 0);
});

test('a compare value beyond all time never comes', () => {
  clock.begin(0, 100_000_000);
  block.setLong(MTIMECMP, (1n << 64n) - 1n);
  expect(clock.timerIsDue()).toBe(false);
  expect(clock.instructionsUntilTimer()).toBeGreaterThan(2 ** 53);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../runtime/mod.ts';
import { loadLines } from './load-lines.ts';
import type { Curve, Load } from './scenario.ts';

const S = 1e9;

function lines(curve: Curve, more: Partial<Load> = {}, durationS = 100, seed = 1): readonly string[] {
  const load: Load = { vms: ['a'], line: 'rate {value}', curve, repeat: null, staggerNs: 0, noise: 0, ...more };
  return loadLines({ load: [load], durationNs: durationS * S }, new SeededRandom(seed)).map(
    ({ atNs, vm, line }) => `${atNs / S} ${vm} ${line}`,
  );
}

const steps: Curve = {
  kind: 'steps',
  steps: [
    { atNs: 0, value: 5 },
    { atNs: 10 * S, value: 90 },
  ],
};

describe('load over time', () => {
  test('steps hold until the next, and those after the end are left out', () => {
    expect(lines(steps)).toEqual(['0 a rate 5', '10 a rate 90']);
    expect(lines(steps, {}, 10)).toEqual(['0 a rate 5']);
  });

  test('a repetition begins anew with each period, so often as is said', () => {
    const repeat = { everyNs: 30 * S, times: 2 };
    expect(lines(steps, { repeat })).toEqual(['0 a rate 5', '10 a rate 90', '30 a rate 5', '40 a rate 90']);
    expect(lines(steps, { repeat: { everyNs: 30 * S, times: null } }).length).toBe(7);
  });

  test('VMs follow each other when staggered', () => {
    expect(lines(steps, { vms: ['a', 'b'], staggerNs: 3 * S })).toEqual([
      '0 a rate 5',
      '3 b rate 5',
      '10 a rate 90',
      '13 b rate 90',
    ]);
  });

  test('a ramp begins and ends at its values, and a value that does not change is not typed again', () => {
    const ramp: Curve = { kind: 'ramp', from: 0, to: 3, startNs: 10 * S, endNs: 40 * S, everyNs: 5 * S };
    expect(lines(ramp)).toEqual(['0 a rate 0', '15 a rate 1', '25 a rate 2', '35 a rate 3']);
  });

  test('a sine swings around its mean and a day has its peak', () => {
    const sine: Curve = { kind: 'sine', mean: 10, amplitude: 10, periodNs: 40 * S, phaseNs: 0, everyNs: 10 * S };
    expect(lines(sine, {}, 40)).toEqual(['0 a rate 10', '10 a rate 20', '20 a rate 10', '30 a rate 0']);
    const day: Curve = { kind: 'day', low: 10, high: 90, lengthNs: 40 * S, peakNs: 20 * S, everyNs: 10 * S };
    expect(lines(day, {}, 40)).toEqual(['0 a rate 10', '10 a rate 50', '20 a rate 90', '30 a rate 50']);
  });

  test('noise stays within its bounds, and another VM beside does not change it', () => {
    const sine: Curve = { kind: 'sine', mean: 1000, amplitude: 0, periodNs: 40 * S, phaseNs: 0, everyNs: S };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.double({ min: 0, max: 1, noNaN: true }), (seed, noise) => {
        const alone = lines(sine, { noise }, 20, seed);
        const together = lines(sine, { noise, vms: ['b', 'a'] }, 20, seed);
        expect(together.filter((line) => line.includes(' a '))).toEqual(alone);
        for (const line of alone) {
          const value = Number(line.split(' ')[3]);
          expect(Math.abs(value - 1000)).toBeLessThanOrEqual(1000 * noise + 0.5);
        }
      }),
    );
  });
});

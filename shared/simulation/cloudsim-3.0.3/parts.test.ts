// The parts of the model one by one, on cases that can be worked out by hand.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../runtime/mod.ts';
import { javaDouble } from './events.ts';
import { mapHashes, mapOrder } from './java-map-order.ts';
import { coefficientOfDetermination } from './multiple-regression.ts';
import { parseCloudSimPolicy } from './policy.ts';
import { knownWatts, wattsOrNaN } from './power-model.ts';
import { createSelector } from './selection.ts';
import { interquartileRangeInPlace, LineFit, medianAbsoluteDeviationInPlace, medianInPlace } from './statistics.ts';
import { VmTable } from './vm-table.ts';

describe('power', () => {
  test('is the table at tenths and linear in between', () => {
    expect([0, 0.1, 0.2, 0.4, 0.8, 1].map((u) => wattsOrNaN(0, u))).toEqual([86, 89.4, 92.6, 99.5, 112, 117]);
    expect(wattsOrNaN(1, 0.95)).toBeCloseTo(134, 10);
  });

  test('is what it is with the branch of CloudSim for u % 0.1 == 0', () => {
    const tenths = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 0.1 * 3, 0.1 * 6, 0.1 * 7];
    const table = [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135];
    const check = (u: number) => u % 0.1 !== 0 || wattsOrNaN(1, u) === table[Math.trunc(u * 10)];
    expect(tenths.every(check)).toBe(true);
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), check));
  });

  test('does not exist above full use', () => {
    expect(() => knownWatts(wattsOrNaN(0, 1.02), 1.02)).toThrow(/1.02 of its capacity/);
  });
});

describe('statistics', () => {
  test('medians, deviations and quartiles', () => {
    expect(medianInPlace(Float64Array.of(3, 1, 2), 3)).toBe(2);
    expect(medianInPlace(Float64Array.of(4, 1, 3, 2, 99), 4)).toBe(2.5);
    expect(medianAbsoluteDeviationInPlace(Float64Array.of(1, 1, 2, 2, 4, 6, 9), 7)).toBe(1);
    expect(interquartileRangeInPlace(Float64Array.of(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 12)).toBe(10 - 3);
  });

  test('a line is followed, newest value first', () => {
    const rising = Float64Array.from({ length: 10 }, (_, age) => 0.9 - age * 0.1);
    expect(new LineFit(10).predict(rising, 11)).toBeCloseTo(1, 12);
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true }), (a, b) => {
        const values = Float64Array.from({ length: 10 }, (_, age) => a + b * (10 - age));
        return Math.abs(new LineFit(10).predict(values, 11) - (a + b * 11)) < 1e-9;
      }),
    );
  });

  test('R² is 1 for a combination, near 0 for the unrelated, and refused without enough samples', () => {
    const x = Float64Array.from({ length: 30 }, (_, index) => Math.sin(index));
    const y = Float64Array.from({ length: 30 }, (_, index) => Math.cos(index * 2.3));
    const both = x.map((value, index) => 3 + 2 * value - y[index]!);
    expect(coefficientOfDetermination([both, x, y], 0, 30)).toBeCloseTo(1, 10);
    expect(coefficientOfDetermination([x, y], 0, 30)).toBeLessThan(0.2);
    expect(coefficientOfDetermination([x, y, both], 0, 2)).toBeNull();
    expect(coefficientOfDetermination([x], 0, 30)).toBeNull();
    expect(coefficientOfDetermination([x, new Float64Array(30)], 0, 30)).toBeNull();
  });
});

describe('the order of a Java map', () => {
  test('is that of buckets, within one that of age', () => {
    // "2-0".hashCode() is 50 × 961 + 45 × 31 + 48, which spreading leaves as it is.
    const hashes = mapHashes(12);
    expect(hashes[0]).toBe(49_493);
    const residents = Int32Array.of(3, 1, 0, 2);
    const order = new Int32Array(4);
    mapOrder(order, residents, 0, 4, hashes, 16);
    expect([...order].map((slot) => residents[slot])).toEqual([0, 1, 2, 3]);
    mapOrder(order, residents, 0, 4, hashes, 1);
    expect([...order]).toEqual([0, 1, 2, 3]);
  });
});

describe('selection', () => {
  // Types by quarters: memory 870, 1740, 1740, 613 MB.
  const vms = new VmTable({ names: ['a', 'b', 'c', 'd'], samples: new Uint8Array(4 * 288) });
  const choose = (name: 'mmt' | 'mu' | 'mc' | 'rs', ...residents: number[]) =>
    createSelector(name, new SeededRandom(1))(vms, Int32Array.from(residents));

  test('least memory, the first among equals', () => {
    expect([choose('mmt', 0, 1, 2, 3), choose('mmt', 2, 1), choose('mmt', 1, 0)]).toEqual([3, 2, 0]);
  });

  test('least used', () => {
    vms.requestedMips.set([2500, 200, 300, 50]);
    expect([choose('mu', 0, 1, 2, 3), choose('mu', 0, 2), choose('mu', 0)]).toEqual([1, 2, 0]);
  });

  test('correlation needs samples, and falls back to memory', () => {
    expect(choose('mc', 0, 1, 2, 3)).toBe(3);
  });

  test('at random, each VM', () => {
    const select = createSelector('rs', new SeededRandom(4));
    const chosen = new Set(Array.from({ length: 100 }, () => select(vms, Int32Array.of(0, 1, 3))));
    expect(chosen).toEqual(new Set([0, 1, 3]));
  });
});

describe('numbers as Java prints them', () => {
  test.each([
    [0, '0.0'],
    [86127.94, '86127.94'],
    [775, '775.0'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [588517981.5541208, '5.885179815541208E8'],
    [0.001, '0.001'],
    [0.00012, '1.2E-4'],
    [-12.5, '-12.5'],
  ])('%d', (value, text) => expect(javaDouble(value)).toBe(text));
});

describe('policies by name', () => {
  const parse = (name: string, ...args: readonly [string, string][]) => parseCloudSimPolicy(name, new Map(args));

  test('have the published defaults', () => {
    const parameters = ['thr-mmt', 'iqr-rs', 'mad-mc', 'lr-mu', 'lrr-mmt'].map((name) => {
      const policy = parse(name);
      return policy.kind === 'migrate' ? policy.parameter : null;
    });
    expect(parameters).toEqual([0.8, 1.5, 2.5, 1.2, 1.2]);
  });

  test.each([
    ['lr', [], /it has npa, dvfs, thr-mmt/],
    ['lr-xyz', [], /no policy "lr-xyz"/],
    ['lr-mmt', [['parameter', 'x']], /it is "x", but a number from 0 is expected/],
    ['lr-mmt', [['parameter', '-1']], /number from 0/],
    ['lr-mmt', [['threshold', '1']], /lr-mmt takes parameter, chargeWake/],
    ['lr-mmt', [['chargeWake', 'yes']], /true or false/],
    ['lr-rs', [['seed', '1.5']], /whole number/],
    ['npa', [['parameter', '1']], /npa takes none/],
  ] as [string, [string, string][], RegExp][])('%s %j is refused', (name, args, message) => {
    expect(() => parse(name, ...args)).toThrow(message);
  });
});

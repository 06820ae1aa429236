// What every version of Random promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import type { Random } from '../mod.ts';

/** `open` gives streams; equal seeds must give equal ones. */
export function randomContract(open: (seed: number) => Random): void {
  const draw = (random: Random, count = 20): readonly number[] => Array.from({ length: count }, () => random.float());

  it('repeats itself from the same seed, and not from another', () => {
    expect(draw(open(1))).toEqual(draw(open(1)));
    expect(draw(open(1))).not.toEqual(draw(open(2)));
  });

  it('forks by name, whatever was drawn before', () => {
    const [fresh, used] = [open(7), open(7)];
    draw(used);
    expect(draw(used.fork('a'))).toEqual(draw(fresh.fork('a')));
    expect(draw(fresh.fork('a'))).not.toEqual(draw(fresh.fork('b')));
    expect(draw(fresh.fork('a').fork('b'))).not.toEqual(draw(fresh.fork('b').fork('a')));
  });

  it('is uniform', () => {
    const random = open(3);
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 100_000; index++) counts[random.below(10)]!++;
    // Five standard deviations of a binomial count: sqrt(1e5 * 0.1 * 0.9) = 95.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
    const floats = draw(random, 100_000);
    expect(Math.min(...floats.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...floats.slice(0, 1000))).toBeLessThan(1);
    // The mean's standard deviation is 1 / sqrt(12e5) = 0.0009.
    expect(Math.abs(floats.reduce((sum, value) => sum + value, 0) / 100_000 - 0.5)).toBeLessThan(0.0046);
  });

  it('keeps to its bounds', () => {
    const random = open(4);
    expect(random.below(1)).toBe(0);
    for (let index = 0; index < 1000; index++) expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });
}

import { describe, expect, it } from 'vitest';
import { DOWNTIME_LIMIT_MS, medianFigures, SET_MIB } from './migration-case.ts';
import { measureVirtual } from './migration-virtual.ts';

describe('the migration benchmark', () => {
  it('gives the same figures each time in virtual time, and a guest whose memory is right', async () => {
    const measure = () => measureVirtual(10e9, 100_000, 10);
    const figures = await measure();
    expect(figures).toMatchObject({ completed: true, reason: 'downtime-limit' });
    expect(figures.bytes).toBeGreaterThan(SET_MIB * 2 ** 20);
    expect(figures.downtimeMs).toBeLessThan(DOWNTIME_LIMIT_MS);
    expect(await measure()).toEqual(figures);
  });

  it('takes the median of those that ended as most did', () => {
    const one = (completed: boolean, totalMs: number) => ({
      ...{ completed, reason: completed ? 'downtime-limit' : 'not-converging', totalMs },
      ...{ downtimeMs: totalMs / 10, bytes: 1, rounds: 2 },
    });
    const all = [one(true, 30), one(false, 900), one(true, 10), one(true, 20)];
    expect(medianFigures(all)).toEqual(one(true, 20));
    expect(medianFigures([one(false, 5), one(true, 1), one(false, 7)]).completed).toBe(false);
  });
});

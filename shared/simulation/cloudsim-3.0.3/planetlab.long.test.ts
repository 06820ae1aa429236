// All published days, policies and variations, and the selections whose figures CloudSim's own run gave: with MC and MU, to the last bit.

import { afterAll, describe, expect, test } from 'vitest';
import { findPlanetLabDays, type PlanetLabDays } from '../testing/planetlab-days.ts';
import { asPublished, asWakeCharged, PUBLISHED, WAKE_CHARGED } from '../testing/published-results.ts';
import { parseCloudSimPolicy } from './policy.ts';
import { simulateCloudSim } from './run.ts';

const found = findPlanetLabDays();

describe.skipIf(found === null)('CloudSim 3.0.3 on all PlanetLab days', () => {
  const days = found as PlanetLabDays;
  afterAll(() => days.remove());

  const run = (day: string, name: string, args: readonly [string, string][] = [], order = 'sorted') =>
    simulateCloudSim(days.traces(day, order), { policy: parseCloudSimPolicy(name, new Map(args)) });

  test.each(PUBLISHED)('%s %s', (day, name, ...row) => {
    expect(asPublished(day, name, run(day, name))).toEqual([day, name, ...row]);
  });

  test.each(WAKE_CHARGED)('%s lr-mmt with the wake charge', (day, ...row) => {
    expect(asWakeCharged(day, run(day, 'lr-mmt', [['chargeWake', 'true']]))).toEqual([day, ...row]);
  });

  test('files in reverse order', () => {
    const result = run('20110303', 'lr-mmt', [], 'reverse');
    expect(asPublished('', '', result).slice(2, 5)).toEqual(['180.19', 30_556, '0.00507']);
    expect(result.hostShutdowns).toBe(5761);
  });

  test('shuffled files stay in the range of orders', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { energyKwh, migrations } = run('20110303', 'lr-mmt', [], `shuffle:${seed}`);
      expect(energyKwh, `seed ${seed}`).toBeGreaterThan(160);
      expect(energyKwh, `seed ${seed}`).toBeLessThan(181);
      expect(migrations, `seed ${seed}`).toBeGreaterThan(27_000);
    }
  });

  // Watt-seconds that CloudSim 3.0.3 printed, run by us on the sorted files with Commons Math 3.6.1.
  test.each([
    ['20110303', 'iqr-mmt', 6.83928261809933e8],
    ['20110303', 'lr-mc', 5.438418939531013e8],
    ['20110306', 'mad-mu', 5.457697895222636e8],
    ['20110309', 'thr-mc', 5.716209512599553e8],
  ])('%s %s to the last bit', (day, name, wattSeconds) => {
    expect(run(day, name).energyKwh).toBe(wattSeconds / 3.6e6);
  });

  test('the random selection lies where CloudSim lies, whatever the seed', () => {
    // Five runs of CloudSim 3.0.3, which has no seed: 150.07 to 150.98 kWh, mean 150.53; 22,569 to 23,441 migrations.
    const results = ['1', '2', '3', '4', '5', '6', '7', '8'].map((seed) => run('20110303', 'lr-rs', [['seed', seed]]));
    const meanKwh = results.reduce((sum, { energyKwh }) => sum + energyKwh, 0) / results.length;
    expect(Math.abs(meanKwh - 150.53)).toBeLessThan(1);
    for (const { migrations } of results) expect(Math.abs(migrations - 23_000)).toBeLessThan(1200);
  });
});

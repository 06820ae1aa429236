// The day that CloudSim wrote down step by step, and a few more that together cost little; all days and variations are in
// planetlab.long.test.ts.

import { afterAll, describe, expect, test } from 'vitest';
import { findPlanetLabDays, type PlanetLabDays } from '../testing/planetlab-days.ts';
import { asPublished, asWakeCharged, PUBLISHED, WAKE_CHARGED } from '../testing/published-results.ts';
import { EventLines } from './events.ts';
import { parseCloudSimPolicy } from './policy.ts';
import { simulateCloudSim } from './run.ts';

const found = findPlanetLabDays();

describe.skipIf(found === null)('CloudSim 3.0.3 on PlanetLab', () => {
  const days = found as PlanetLabDays;
  afterAll(() => days.remove());

  const policy = (name: string, ...args: readonly [string, string][]) => parseCloudSimPolicy(name, new Map(args));

  test('20110303 under LR-MMT-1.2 is the golden list of CloudSim itself, byte by byte', () => {
    const lines: string[] = [];
    const listener = new EventLines((line) => lines.push(line));
    const result = simulateCloudSim(days.traces('20110303'), {
      policy: policy('lr-mmt', ['parameter', '1.2']),
      listener,
    });
    const golden = days.golden().trimEnd().split('\n');
    const firstDifference = lines.findIndex((line, index) => line !== golden[index]);
    expect({ at: firstDifference, ours: lines[firstDifference] }).toEqual({ at: -1, ours: undefined });
    expect(lines.length).toBe(golden.length);
    expect(lines.filter((line) => line.startsWith('M')).length).toBe(27_859);
    expect(asPublished('20110303', 'lr-mmt', result)).toEqual(PUBLISHED[5]);
    expect(result.lowerBoundKwh.toFixed(2)).toBe('95.36');
  });

  test('the robust regression of 3.0.3 gives what the plain one gives', () => {
    const traces = days.traces('20110306');
    const [plain, robust] = ['lr-mmt', 'lrr-mmt'].map((name) => simulateCloudSim(traces, { policy: policy(name) }));
    expect(robust).toEqual(plain);
  });

  test.each(PUBLISHED.filter(([day, name]) => day === '20110306' && name !== 'lr-mmt'))(
    '%s %s',
    (day, name, ...row) => {
      const result = simulateCloudSim(days.traces(day), { policy: policy(name) });
      expect(asPublished(day, name, result)).toEqual([day, name, ...row]);
    },
  );

  test('waking a host is charged with its idle power', () => {
    const charged = policy('lr-mmt', ['chargeWake', 'true']);
    const result = simulateCloudSim(days.traces('20110303'), { policy: charged });
    expect(asWakeCharged('20110303', result)).toEqual(WAKE_CHARGED[0]);
  });

  test('idle VMs are kept', () => {
    const result = simulateCloudSim(days.traces('20110303'), { policy: policy('lr-mmt'), keepIdle: true });
    expect(asPublished('', '', result).slice(2, 5)).toEqual(['222.06', 43_843, '0.00493']);
    expect(result.hostShutdowns).toBe(7121);
    expect(result.lowerBoundKwh.toFixed(2)).toBe('114.16');
  });
});

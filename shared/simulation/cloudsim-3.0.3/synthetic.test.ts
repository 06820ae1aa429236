// Comparisons with CloudSim 3.0.3 that need no data: it was run on the traces of testing/synthetic-traces.ts (as files, sorted, with Commons Math
// 3.6.1), and printed these figures.

import { describe, expect, test } from 'vitest';
import { syntheticTraces } from '../testing/synthetic-traces.ts';
import { EventLines } from './events.ts';
import { parseCloudSimPolicy } from './policy.ts';
import { simulateCloudSim } from './run.ts';

const traces = syntheticTraces(150, 11);

const run = (name: string, args: readonly [string, string][] = [], keepIdle = false) => {
  const lines: string[] = [];
  const listener = new EventLines((line) => lines.push(line));
  const result = simulateCloudSim(traces, { policy: parseCloudSimPolicy(name, new Map(args)), keepIdle, listener });
  return { result, lines };
};

describe('CloudSim 3.0.3 on synthetic traces', () => {
  test.each([
    ['thr-mmt', 2431, 1.6302169742210755e8, '0.00150', '0.06', '2.47', '0.06', '9.88', 1449],
    ['iqr-mu', 3276, 1.6630831944725585e8, '0.00327', '0.08', '4.03', '0.09', '10.08', 1665],
    ['mad-mc', 2055, 1.5358172183406618e8, '0.00243', '0.08', '3.18', '0.09', '9.99', 1404],
    ['lr-mmt', 1776, 1.5546787753516313e8, '0.00097', '0.04', '2.20', '0.07', '9.80', 1260],
  ] as const)(
    '%s, energy to the last bit',
    (name, migrations, wattSeconds, slav, pdm, slatah, overall, average, off) => {
      const { result, lines } = run(name);
      expect(result.migrations).toBe(migrations);
      expect(result.energyKwh).toBe(wattSeconds / 3.6e6);
      expect(result.slavPercent.toFixed(5)).toBe(slav);
      expect(result.pdmPercent.toFixed(2)).toBe(pdm);
      expect(result.slatahPercent.toFixed(2)).toBe(slatah);
      expect(result.overallSlaViolationPercent.toFixed(2)).toBe(overall);
      expect(result.averageSlaViolationPercent.toFixed(2)).toBe(average);
      expect(result.hostShutdowns).toBe(off);
      expect(lines.filter((line) => line.startsWith('M\t')).length).toBe(migrations);
      expect(
        lines
          .filter((line) => line.startsWith('E\t'))
          .at(-1)!
          .split('\t')[3],
      ).toMatch(/^1\.\d+E8$/);
    },
  );

  test('no policy beats the bound, and none needs more than all hosts at full power', () => {
    const { energyKwh: mostKwh } = run('npa').result;
    for (const [name, keepIdle] of [
      ['dvfs', false],
      ['thr-rs', true],
      ['iqr-mc', false],
      ['lr-mu', true],
    ] as const) {
      const { result } = run(name, [], keepIdle);
      expect(result.energyKwh, name).toBeGreaterThan(result.lowerBoundKwh);
      expect(result.energyKwh, name).toBeLessThanOrEqual(mostKwh);
      expect(result.meanActiveHosts, name).toBeLessThanOrEqual(result.hosts);
    }
  });

  test('the same seed gives the same random selection, another seed another', () => {
    expect(run('lr-rs', [['seed', '5']]).lines).toEqual(run('lr-rs', [['seed', '5']]).lines);
    expect(run('lr-rs', [['seed', '5']]).lines).not.toEqual(run('lr-rs', [['seed', '6']]).lines);
  });

  test('charging the waking of hosts saves energy and migrations', () => {
    const plain = run('lr-mmt').result;
    const charged = run('lr-mmt', [['chargeWake', 'true']]).result;
    expect(charged.energyKwh).toBeLessThan(plain.energyKwh);
    expect(charged.migrations).toBeLessThan(plain.migrations);
  });

  test('a VM without demand in two samples leaves for good, unless idle VMs are kept', () => {
    const ends = (keepIdle: boolean) => run('dvfs', [], keepIdle).result.lowerBoundKwh;
    expect(ends(true)).toBeGreaterThan(ends(false));
  });

  test('more VMs than the hosts have room for are refused', () => {
    const many = syntheticTraces(3000, 1);
    expect(() => simulateCloudSim(many, { policy: parseCloudSimPolicy('lr-mmt', new Map()) })).toThrow(
      /fits on no host when it is created/,
    );
  });
});

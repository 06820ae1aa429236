import { expect, test } from 'vitest';
import { Ledger } from '../ledger.ts';
import { Streaks } from '../streaks.ts';
import { CPU, hostsNamed, TestCluster } from '../testing/test-cluster.ts';
import { overloadedHosts } from './static-threshold.ts';

function setUp() {
  const cluster = TestCluster.consolidating(hostsNamed(3), [
    { name: 'v1', cpus: 0.5, on: 'h1' },
    { name: 'v2', cpus: 0.4, on: 'h1' },
    { name: 'v3', cpus: 0.95, on: 'h2' },
  ]);
  const vmDemand = Float64Array.of(0.5 * CPU, 0.4 * CPU, 0.95 * CPU);
  const streaks = new Streaks();
  const overloaded = (overIntervals: number) => {
    const ledger = new Ledger(cluster.state, { vmDemand }, 0);
    return overloadedHosts(ledger, streaks, { overThreshold: 0.85, overIntervals });
  };
  return { cluster, vmDemand, overloaded };
}

test('the worst come first, once they have been overloaded for long enough', () => {
  const { overloaded } = setUp();
  expect(overloaded(2)).toEqual([]);
  expect(overloaded(2)).toEqual([
    { host: 1, utilisation: 0.95, intervals: 2 },
    { host: 0, utilisation: 0.9, intervals: 2 },
  ]);
});

test('VMs on their way out do not count, VMs on their way in do', () => {
  const { cluster, overloaded } = setUp();
  cluster.state.beginMigration(0, 2);
  cluster.state.beginMigration(2, 2);
  expect(overloaded(1).map(({ host }) => host)).toEqual([2]);
});

test('a pause ends the streak', () => {
  const { vmDemand, overloaded } = setUp();
  overloaded(2);
  vmDemand[0] = 0;
  expect(overloaded(2).map(({ host }) => host)).toEqual([1]);
  vmDemand[0] = 0.5 * CPU;
  expect(overloaded(2).map(({ host }) => host)).toEqual([1]);
});

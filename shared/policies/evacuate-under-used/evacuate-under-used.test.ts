import { describe, expect, test } from 'vitest';
import { hostsNamed, TestCluster, type TestVm } from '../testing/test-cluster.ts';

const firstMoves = (cluster: TestCluster) =>
  cluster.log.filter((line) => line.startsWith('migrate')).map((line) => line.slice(0, line.indexOf(':')));

describe('evacuation of under-used hosts', () => {
  test('empties the least loaded host first, onto the fullest that stays below the target', () => {
    const vms: TestVm[] = [
      { name: 'v1', cpus: 0.6, on: 'h1' },
      { name: 'v2', cpus: 0.45, on: 'h2' },
      { name: 'v3', cpus: 0.3, on: 'h3' },
      { name: 'v4', cpus: 0.2, on: 'h4' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(4), vms);
    cluster.run(5);
    expect(firstMoves(cluster)).toEqual(['migrate v4 from h4 to h2']);
  });

  test('never moves VMs to an empty host', () => {
    const vms: TestVm[] = [
      { name: 'v1', cpus: 0.68, on: 'h1' },
      { name: 'v2', cpus: 0.1, on: 'h2' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(3), vms, { hostsOnMin: 3 });
    expect(cluster.run(20)).toEqual([]);
  });

  test('carries on with the destinations it began with, one migration at a time', () => {
    const vms: TestVm[] = [
      { name: 'v1', cpus: 0.4, on: 'h1' },
      { name: 'v2', cpus: 0.5, on: 'h2' },
      { name: 'v3', cpus: 0.1, on: 'h3' },
      { name: 'v4', cpus: 0.1, on: 'h3' },
      { name: 'v5', cpus: 0.1, on: 'h3' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(3), vms, { migrationsMax: 1, hostsOnMin: 3 });
    cluster.run(30);
    expect(firstMoves(cluster)).toEqual([
      'migrate v3 from h3 to h2',
      'migrate v4 from h3 to h2',
      'migrate v5 from h3 to h1',
    ]);
  });

  test('waits until all has been calm', () => {
    const vms: TestVm[] = [
      { name: 'v1', cpus: 0.1, on: 'h1' },
      { name: 'v2', cpus: 0.1, on: 'h2' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(2), vms, { calmIntervals: 6, underIntervals: 1 });
    expect(cluster.run(5)).toEqual([]);
    expect(cluster.run(1)).toHaveLength(1);
  });
});

import { describe, expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { hostsNamed, TestCluster, type TestVm } from '../testing/test-cluster.ts';

const moves = (cluster: TestCluster) => cluster.log.filter((line) => line.startsWith('migrate'));
const wakes = (cluster: TestCluster) => cluster.log.filter((line) => line.startsWith('wake'));

describe('relief of overloaded hosts', () => {
  test('moves VMs with the least memory first, and no more than it takes', () => {
    const vms: TestVm[] = [
      { name: 'v1', cpus: 0.3, memoryMiB: 40, on: 'h1' },
      { name: 'v2', cpus: 0.3, memoryMiB: 10, on: 'h1' },
      { name: 'v3', cpus: 0.3, memoryMiB: 20, on: 'h1' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(2), vms, { hostsOnMin: 2 });
    cluster.run(1);
    expect(moves(cluster)).toEqual([
      'migrate v2 from h1 to h2: VMs ask for 90 % of host h1 (> 85 %) for 1 interval; h2 takes this one at 30 %',
    ]);
  });

  test('leaves VMs alone whose going would not help', () => {
    const vms: TestVm[] = [
      { name: 'idle', cpus: 0, memoryMiB: 1, on: 'h1' },
      { name: 'busy', cpus: 1, memoryMiB: 100, on: 'h1' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(2), vms, { hostsOnMin: 2, underThreshold: 0 });
    cluster.run(5);
    expect(moves(cluster)).toEqual([
      'migrate busy from h1 to h2: VMs ask for 100 % of host h1 (> 85 %) for 1 interval; h2 takes this one at 100 %, alone there',
    ]);
  });

  test('wakes as many hosts as the VMs need that fit nowhere, and moves when they are awake', () => {
    const vms = Array.from({ length: 6 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.3, on: 'h1' }));
    const hosts = [
      { name: 'h1' },
      ...hostsNamed(6)
        .slice(1)
        .map((host) => ({ ...host, state: HostState.standby })),
    ];
    const cluster = TestCluster.consolidating(hosts, vms);
    cluster.run(1);
    expect(wakes(cluster).map((line) => line.slice(0, 7))).toEqual(['wake h2', 'wake h3']);
    expect(moves(cluster)).toEqual([]);
    cluster.run(10);
    expect(Object.values(cluster.layout()).map((vmsThere) => vmsThere.length)).toEqual([2, 2, 2]);
    expect(wakes(cluster)).toHaveLength(2);
  });

  test('the only VM of a host stays, however much it asks for', () => {
    const cluster = TestCluster.consolidating(hostsNamed(2), [{ name: 'v1', cpus: 1, on: 'h1' }], { hostsOnMin: 2 });
    expect(cluster.run(10)).toEqual([]);
  });
});

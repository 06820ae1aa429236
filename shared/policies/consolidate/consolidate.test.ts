import { describe, expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';

const tenVms = Array.from({ length: 10 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.05, on: `h${index + 1}` }));

describe('consolidate', () => {
  test('folds ten hosts into one, and spreads over as many as needed when load rises', () => {
    const cluster = TestCluster.consolidating(hostsNamed(10), tenVms);
    cluster.run(40);
    expect(Object.keys(cluster.layout())).toEqual(['h1']);
    expect(cluster.state.hostCounts[HostState.on]).toBe(1);
    expect(cluster.state.hostCounts[HostState.standby]).toBe(9);
    for (const { name } of tenVms) cluster.want(name, 0.6);
    cluster.run(40);
    expect(Object.keys(cluster.layout())).toHaveLength(10);
    expect(cluster.state.hostCounts[HostState.on]).toBe(10);
  });

  test('moves each VM once when all go to the same host', () => {
    const cluster = TestCluster.consolidating(hostsNamed(10), tenVms);
    const moves = cluster.run(40).filter((action) => action.kind === 'migrate');
    expect(moves).toHaveLength(9);
    expect(cluster.log.find((line) => line.startsWith('migrate'))).toBe(
      'migrate v10 from h10 to h1: host h10 is at 5 % (< 35 %) for 3 intervals; its 1 VM fits on h1 at 10 %',
    );
  });

  test('says why it wakes and relieves', () => {
    const cluster = TestCluster.consolidating(
      [{ name: 'h1' }, { name: 'h2', state: HostState.standby }],
      [
        { name: 'v1', cpus: 0.5, on: 'h1' },
        { name: 'v2', cpus: 0.45, on: 'h1' },
      ],
    );
    cluster.run(4);
    expect(cluster.log).toEqual([
      'wake h2: VMs ask for 95 % of host h1 (> 85 %) and 1 VM of it fits on no host that is on',
      'migrate v1 from h1 to h2: VMs ask for 95 % of host h1 (> 85 %) for 2 intervals; h2 takes this one at 50 %',
    ]);
    expect(cluster.layout()).toEqual({ h1: ['v2'], h2: ['v1'] });
  });

  test('a host that is just below the threshold, or only for a moment, is left alone', () => {
    const cluster = TestCluster.consolidating(hostsNamed(2), [
      { name: 'v1', cpus: 0.36, on: 'h1' },
      { name: 'v2', cpus: 0.2, on: 'h2' },
    ]);
    cluster.run(2);
    cluster.want('v2', 0.5);
    cluster.run(1);
    cluster.want('v2', 0.2);
    cluster.run(3);
    expect(cluster.log).toEqual([]);
    cluster.run(4);
    expect(cluster.log[0]).toMatch(/^migrate v2 from h2 to h1/);
  });

  test('a host is emptied only if all of its VMs fit elsewhere', () => {
    const vms = [
      { name: 'v1', cpus: 0.5, on: 'h1' },
      { name: 'v2', cpus: 0.15, on: 'h2' },
      { name: 'v3', cpus: 0.15, on: 'h2' },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(2), vms);
    cluster.run(20);
    expect(cluster.log).toEqual([]);
  });

  test('memory keeps a host from being emptied, whatever its CPU load', () => {
    const cluster = TestCluster.consolidating(hostsNamed(2, { memoryMiB: 100 }), [
      { name: 'v1', cpus: 0.01, on: 'h1', memoryMiB: 60 },
      { name: 'v2', cpus: 0.01, on: 'h2', memoryMiB: 60 },
    ]);
    cluster.run(20);
    expect(cluster.log).toEqual([]);
  });

  test('pinned and held VMs keep their host', () => {
    const cluster = TestCluster.consolidating(hostsNamed(3), [
      { name: 'v1', cpus: 0.1, on: 'h1' },
      { name: 'v2', cpus: 0.1, on: 'h2' },
      { name: 'v3', cpus: 0.1, on: 'h3' },
    ]);
    const { vms } = cluster.state;
    vms.pinned[cluster.state.vmIndex('v3')!] = 1;
    vms.heldUntilNs[cluster.state.vmIndex('v2')!] = 12e9;
    cluster.run(11);
    expect(cluster.layout()).toEqual({ h2: ['v1', 'v2'], h3: ['v3'] });
    cluster.run(5);
    expect(cluster.layout()).toEqual({ h3: ['v1', 'v2', 'v3'] });
  });

  test('keeps as many hosts on as it is told to', () => {
    const cluster = TestCluster.consolidating(hostsNamed(5), [], { hostsOnMin: 2 });
    cluster.run(10);
    expect(cluster.state.hostCounts[HostState.on]).toBe(2);
    expect(cluster.log).toContain('standby h3: host h3 has no VMs for 2 intervals; 2 hosts stay on');
  });

  test('no more migrations are under way than the limits allow', () => {
    const cluster = TestCluster.consolidating(hostsNamed(10), tenVms, { migrationsMax: 3, migrationsPerHostMax: 3 });
    const perInterval: number[] = [];
    for (let interval = 0; interval < 12; interval++) {
      perInterval.push(cluster.interval().filter((action) => action.kind === 'migrate').length);
    }
    expect(perInterval.filter((count) => count > 0)).toEqual([3, 3, 3]);
  });

  test('with every host awake and overloaded it evens out, and then rests', () => {
    const vms = Array.from({ length: 6 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.5, on: 'h1' }));
    const cluster = TestCluster.consolidating(hostsNamed(2), vms);
    cluster.run(10);
    expect(cluster.layout()['h1']).toHaveLength(3);
    expect(cluster.run(20)).toEqual([]);
  });
});

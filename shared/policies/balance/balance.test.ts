import { describe, expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { preparePolicy } from '../table.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';

describe('balance', () => {
  test('spreads new VMs, follows the load, and switches nothing off', () => {
    const vms = Array.from({ length: 8 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.1 }));
    const cluster = new TestCluster(hostsNamed(4), vms, preparePolicy('balance', { newVmCpus: 0.1 }));
    cluster.run(10);
    expect(Object.values(cluster.layout()).map((there) => there.length)).toEqual([2, 2, 2, 2]);
    for (const vm of cluster.layout()['h1']!) cluster.want(vm, 0.45);
    cluster.run(20);
    const loads = ['h1', 'h2', 'h3', 'h4'].map((host) => cluster.state.hosts.run[cluster.host(host)]! / 1e6);
    expect(Math.max(...loads)).toBeLessThanOrEqual(0.65);
    expect(cluster.state.hostCounts[HostState.on]).toBe(4);
    expect(cluster.run(20)).toEqual([]);
  });

  test('refuses limits that contradict each other', () => {
    expect(() => preparePolicy('balance', { evenBelow: 0.2 })).toThrow(
      'policy balance: argument "evenBelow" is 0.2, above unevenAbove 0.1',
    );
  });
});

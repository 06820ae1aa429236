import { describe, expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { preparePolicy } from '../table.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';

describe('hot-spot', () => {
  test('places new VMs where the most room is, and relieves the host that becomes hot later', () => {
    const vms = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((name) => ({ name, cpus: 0.2 }));
    const cluster = new TestCluster(hostsNamed(3), vms, preparePolicy('hot-spot', { newVmCpus: 0.2 }));
    cluster.run(10);
    expect(Object.values(cluster.layout()).map((there) => there.length)).toEqual([2, 2, 2]);
    const [first, second] = cluster.layout()['h1']!;
    cluster.want(first!, 0.8);
    cluster.want(second!, 0.4);
    cluster.run(10);
    expect(cluster.log.filter((line) => line.startsWith('migrate'))).toHaveLength(1);
    for (const host of ['h1', 'h2', 'h3']) {
      expect(cluster.state.hosts.run[cluster.host(host)]! / cluster.state.capacity(0)).toBeLessThanOrEqual(0.85);
    }
  });

  test('switches nothing off, and wakes a host only for a VM that has no room elsewhere', () => {
    const hosts = [{ name: 'h1' }, { name: 'h2' }, { name: 'h3', state: HostState.standby }];
    const cluster = new TestCluster(hosts, [{ name: 'v1', cpus: 0.1 }], preparePolicy('hot-spot', {}));
    cluster.run(20);
    expect(cluster.log).toHaveLength(1);
    expect(cluster.state.hostCounts[HostState.on]).toBe(2);
  });

  test('refuses thresholds that contradict each other', () => {
    expect(() => preparePolicy('hot-spot', { hotIntervals: 6 })).toThrow(
      'policy hot-spot: argument "hotIntervals" is 6, above hotWindow 5',
    );
    expect(() => preparePolicy('hot-spot', { targetThreshold: 0.9 })).toThrow('is 0.9, above hotThreshold 0.85');
  });
});

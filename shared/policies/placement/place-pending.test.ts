import { describe, expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';

const calm = { newVmCpus: 0.3, hostsOnMin: 3 };

describe('placement of waiting VMs', () => {
  test('fills the fullest host first, up to the target', () => {
    const cluster = TestCluster.consolidating(
      hostsNamed(3),
      [
        { name: 'v1', cpus: 0.3, on: 'h2' },
        { name: 'v2', cpus: 0.3 },
        { name: 'v3', cpus: 0.3 },
      ],
      calm,
    );
    cluster.run(1);
    expect(cluster.layout()).toEqual({ h1: ['v3'], h2: ['v1', 'v2'] });
    expect(cluster.log).toEqual([
      'place v2 on h2: host h2 has room for its 16 MiB and will be at 60 % with it (target 70 %)',
      'place v3 on h1: host h1 has room for its 16 MiB and will be at 30 % with it (target 70 %)',
    ]);
  });

  test('wakes a host only when nothing that is on has room, and starts the VM when it is awake', () => {
    const cluster = TestCluster.consolidating(
      [{ name: 'h1' }, { name: 'h2', state: HostState.standby }, { name: 'h3', state: HostState.standby }],
      [
        { name: 'v1', cpus: 0.6, on: 'h1' },
        { name: 'v2', cpus: 0.3 },
      ],
      calm,
    );
    cluster.run(2);
    expect(cluster.log).toEqual([
      'wake h2: v2 waits and none of the 1 hosts that are on or waking has room',
      'wait v2: it waits for host h2 to wake',
      'place v2 on h2: host h2 has room for its 16 MiB and will be at 30 % with it (target 70 %)',
    ]);
  });

  test('crowds CPU when no host is left, but never memory', () => {
    const cluster = TestCluster.consolidating(
      hostsNamed(2, { memoryMiB: 100 }),
      [
        { name: 'v1', cpus: 0.6, on: 'h1', memoryMiB: 40 },
        { name: 'v2', cpus: 0.5, on: 'h2', memoryMiB: 40 },
        { name: 'v3', cpus: 0.3, memoryMiB: 40 },
        { name: 'v4', cpus: 0.3, memoryMiB: 60 },
      ],
      calm,
    );
    cluster.run(1);
    expect(cluster.layout()).toEqual({ h1: ['v1'], h2: ['v2', 'v3'] });
    expect(cluster.log).toContain(
      'place v3 on h2: host h2 has room for its 40 MiB and will be at 80 % with it, above the target because no host has more room',
    );
    expect(cluster.log).toContain('wait v4: it needs 60 MiB and no host has more than 58 MiB free');
  });

  test('a VM that exceeds the target by itself gets a host of its own', () => {
    const vms = [
      { name: 'v1', cpus: 0.2, on: 'h1' },
      { name: 'v2', cpus: 0.9 },
    ];
    const cluster = TestCluster.consolidating(hostsNamed(2), vms, { newVmCpus: 0.9, hostsOnMin: 2 });
    cluster.run(1);
    expect(cluster.layout()).toEqual({ h1: ['v1'], h2: ['v2'] });
    expect(cluster.log[0]).toMatch(/at 90 % with it, alone there$/);
  });

  test('a VM with a start host waits for that host alone', () => {
    const cluster = TestCluster.consolidating(
      [{ name: 'h1' }, { name: 'h2', state: HostState.standby }, { name: 'h3', state: HostState.lost }],
      [
        { name: 'v1', cpus: 0.1, startHost: 'h2' },
        { name: 'v2', cpus: 0.1, startHost: 'h3' },
        { name: 'v3', cpus: 0.1, startHost: 'h1', memoryMiB: 300 },
      ],
      calm,
    );
    cluster.run(2);
    expect(cluster.layout()).toEqual({ h2: ['v1'] });
    expect(cluster.log).toContain('wake h2: v1 is to start on host h2, which is in standby');
    expect(cluster.log).toContain('wait v2: it is to start on host h3, which is not there, is lost, or refused it');
    expect(cluster.log).toContain('wait v3: it is to start on host h1, which has 250 MiB free of the 300 MiB it needs');
  });

  test('a host that refused a VM is not asked again while that is forbidden', () => {
    const cluster = TestCluster.consolidating(hostsNamed(2), [{ name: 'v1', cpus: 0.1 }], calm);
    cluster.state.forbidden.forbid(cluster.state.vmIndex('v1')!, cluster.host('h1'), 5e9);
    cluster.run(1);
    expect(cluster.whereIs('v1')).toBe('h2');
  });
});

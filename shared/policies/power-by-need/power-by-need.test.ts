import { expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';

const stateOf = (cluster: TestCluster, host: string) => cluster.state.hosts.state[cluster.host(host)];

test('the last names sleep first, and the least number stays on', () => {
  const cluster = TestCluster.consolidating(hostsNamed(3), [], { hostsOnMin: 1, emptyIntervals: 1 });
  cluster.run(1);
  expect(['h1', 'h2', 'h3'].map((host) => stateOf(cluster, host))).toEqual([
    HostState.on,
    HostState.standby,
    HostState.standby,
  ]);
});

test('a host that a VM is on its way to does not sleep', () => {
  const cluster = TestCluster.consolidating(
    hostsNamed(2),
    [
      { name: 'v1', cpus: 0.5, on: 'h1' },
      { name: 'v2', cpus: 0.5, on: 'h1' },
    ],
    { emptyIntervals: 1 },
  );
  cluster.interval();
  expect(stateOf(cluster, 'h2')).toBe(HostState.on);
  cluster.run(10);
  expect(cluster.log.filter((line) => line.startsWith('standby'))).toEqual([]);
});

test('nobody is sent to sleep while somebody is being woken', () => {
  const cluster = TestCluster.consolidating(
    [{ name: 'h1' }, { name: 'h2', memoryMiB: 10 }, { name: 'h3', state: HostState.standby }],
    [
      { name: 'v1', cpus: 0.6, on: 'h1' },
      { name: 'v2', cpus: 0.6 },
    ],
    { emptyIntervals: 1, newVmCpus: 0.6 },
  );
  expect(cluster.interval().map(({ kind }) => kind)).toEqual(['wake', 'wait']);
});

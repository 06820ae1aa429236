import { expect, test } from 'vitest';
import { HostState } from '../../cluster/mod.ts';
import { placesOf } from '../testing/room-for-one.ts';
import { TestCluster } from '../testing/test-cluster.ts';

test('by forecast: the host that has the most CPU left, with what was placed before', () => {
  const vms = ['v1', 'v2', 'v3'].map((name) => ({ name, cpus: 0.3, memoryMiB: 16 }));
  expect(placesOf(vms, { placement: 'worst-fit', newVmCpus: 0.3 })).toEqual(['v1 on h4', 'v2 on h2', 'v3 on h4']);
});

test('by reservation: the host that has the most memory left, and the largest memory comes first', () => {
  const vms = [
    { name: 'v1', cpus: 0.1, memoryMiB: 16 },
    { name: 'v2', cpus: 0.1, memoryMiB: 64 },
  ];
  const parameters = { placement: 'worst-fit', placementBy: 'reservation', newVmCpus: 0.05 };
  expect(placesOf(vms, parameters)).toEqual(['v1 on h1', 'v2 on h4']);
});

test('wakes nobody while a host that is on has room', () => {
  const cluster = TestCluster.consolidating(
    [{ name: 'h1' }, { name: 'h2', state: HostState.standby, cpus: 8 }],
    [{ name: 'v1', cpus: 0.5 }],
    { placement: 'worst-fit' },
  );
  cluster.run(1);
  expect(cluster.layout()).toEqual({ h1: ['v1'] });
});

import { afterEach, beforeEach, expect, it } from 'vitest';
import { LIMITS, VirtualCluster, vmSpecification } from '../../test/virtual-cluster.ts';

let cluster: VirtualCluster;
beforeEach(async () => {
  cluster = await VirtualCluster.start({ hosts: ['h1', 'h2'] });
});
afterEach(() => expect(cluster.failures).toEqual([]));

const reserving = (vm: string, reservation: number) =>
  vmSpecification(vm, 'idle', { memoryBytes: 1 << 20, cpu: { reservation } });

it('promises no more CPU than it has, and says what is left', async () => {
  await cluster.run(() => cluster.startVm(reserving('a', 12_000_000), 'h1'));
  await expect(cluster.run(() => cluster.startVm(reserving('b', 9_000_000), 'h1'))).rejects.toThrow(
    'host h1 has 8000000 instructions per second unreserved, VM b reserves 9000000',
  );
  await cluster.run(() => cluster.startVm(reserving('c', 8_000_000), 'h1'));
});

it('refuses a migration whose reservation it cannot keep, and the VM runs on where it is', async () => {
  await cluster.run(() => cluster.startVm(reserving('a', 12_000_000), 'h1'));
  await cluster.run(() => cluster.startVm(reserving('b', 12_000_000), 'h2'));
  const report = await cluster.run(() => cluster.migrate('a', 'h2', LIMITS));
  expect(report).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('HOST_NO_CPU') });
  expect((await cluster.run(() => cluster.ownership.read('a')))?.record).toMatchObject({ host: 'h1', epoch: 1 });
});

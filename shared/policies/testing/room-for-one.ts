// For tests of placement algorithms: four hosts with different rooms, and where one more VM goes.

import { hostsNamed, TestCluster, type TestVm } from './test-cluster.ts';

/** CPU used: h1 60 %, h2 20 %, h3 40 %, h4 nothing; memory used of 256 MiB: h1 32, h2 160, h3 96, h4 nothing. */
export function placesOf(waiting: readonly TestVm[], parameters: Readonly<Record<string, unknown>>): string[] {
  const vms: TestVm[] = [
    { name: 'a', cpus: 0.6, memoryMiB: 32, on: 'h1' },
    { name: 'b', cpus: 0.2, memoryMiB: 160, on: 'h2' },
    { name: 'c', cpus: 0.4, memoryMiB: 96, on: 'h3' },
  ];
  const cluster = TestCluster.consolidating(hostsNamed(4), [...vms, ...waiting], { hostsOnMin: 4, ...parameters });
  cluster.run(1);
  return waiting.map(({ name }) => `${name} on ${cluster.whereIs(name)}`);
}

// For property tests of policies: any small cluster with VMs that wait, and loads that change.

import fc from 'fast-check';
import { type ClusterState, HostState } from '../../cluster/mod.ts';
import { SeededRandom } from '../../runtime/mod.ts';
import type { TestCluster, TestHost, TestVm } from './test-cluster.ts';

/** The default of all policies. */
export const MEMORY_RESERVE = 0.02;

export interface Case {
  readonly hosts: readonly TestHost[];
  readonly vms: readonly TestVm[];
  readonly seed: number;
}

const sleepy = fc.constantFrom(HostState.on, HostState.on, HostState.standby);

/** Hosts and waiting VMs of any sizes. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  hosts: fc
    .array(
      fc.record({ cpus: fc.integer({ min: 1, max: 4 }), memoryMiB: fc.integer({ min: 32, max: 256 }), state: sleepy }),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((shapes) => shapes.map((shape, index) => ({ name: `h${index + 1}`, ...shape }))),
  vms: fc
    .array(
      fc.record({ cpus: fc.double({ min: 0, max: 1, noNaN: true }), memoryMiB: fc.integer({ min: 1, max: 64 }) }),
      {
        maxLength: 20,
      },
    )
    .map((shapes) => shapes.map((shape, index) => ({ name: `v${index + 1}`, ...shape }))),
  seed: fc.nat(),
});

/** Load goes up and down by steps, the same for the same seed. */
export function changeLoads(cluster: TestCluster, random: SeededRandom): void {
  const level = random.float();
  for (const vm of cluster.wanted.keys()) cluster.want(vm, level * random.float());
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = new SeededRandom(seed);
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}

export function columnsOf(state: ClusterState): unknown {
  const { hosts, vms, firstUnplaced, hostCounts, vmCounts } = state;
  return structuredClone({ hosts: { ...hosts }, vms: { ...vms }, firstUnplaced, hostCounts, vmCounts });
}

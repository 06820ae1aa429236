import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HostState, NONE, VmPhase } from '../../cluster/mod.ts';
import { SeededRandom } from '../../runtime/mod.ts';
import { preparePolicy } from '../table.ts';
import { anyCase, type Case, changeLoads, columnsOf, MEMORY_RESERVE, shuffled } from '../testing/any-case.ts';
import { TestCluster, type TestVm } from '../testing/test-cluster.ts';

const TARGET = 0.7;

function clusterOf({ hosts, vms }: Case, parameters: Readonly<Record<string, unknown>> = {}): TestCluster {
  return new TestCluster(hosts, vms, preparePolicy('consolidate', parameters), 2);
}

describe('consolidate, on any cluster', () => {
  test('never plans more memory onto a host than it has', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        const random = new SeededRandom(given.seed);
        for (let interval = 0; interval < 60; interval++) {
          if (interval % 10 === 0) changeLoads(cluster, random);
          cluster.interval();
          for (const host = cluster.state.hostCursor(); host.next(); ) {
            expect(host.committedBytes).toBeLessThanOrEqual(host.memoryBytes * (1 - MEMORY_RESERVE));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('moves to empty a host never fill another above the target', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        const random = new SeededRandom(given.seed);
        for (let interval = 0; interval < 60; interval++) {
          if (interval % 10 === 0) changeLoads(cluster, random);
          for (const { reason } of cluster.interval()) {
            if (reason.kind === 'under-used') expect(reason.utilisationAfter).toBeLessThanOrEqual(TARGET);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('decides the same whatever the order of the columns', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const other = { ...given, hosts: shuffled(given.hosts, given.seed), vms: shuffled(given.vms, given.seed + 1) };
        const clusters = [clusterOf(given), clusterOf(other)];
        const logs = clusters.map((cluster) => {
          const random = new SeededRandom(given.seed);
          for (let interval = 0; interval < 40; interval++) {
            if (interval % 8 === 0) {
              const level = random.float();
              for (const { name, cpus } of given.vms) cluster.want(name, cpus * level);
            }
            cluster.interval();
          }
          return cluster.log;
        });
        expect(logs[1]).toEqual(logs[0]);
      }),
      { numRuns: 30 },
    );
  });

  test('comes to rest under steady load', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        cluster.run(200);
        const late = cluster.run(30).filter((action) => action.kind !== 'wait');
        expect(late.map((action) => cluster.describe(action))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('never writes to the state that it is shown', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        cluster.run(5);
        const policy = preparePolicy('consolidate', {});
        const before = columnsOf(cluster.state);
        policy.decide(cluster.state, policy.begin(), new SeededRandom(1));
        expect(columnsOf(cluster.state)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  // Any host that has no room below the target carries more than (target − size) of the load, so load up to
  // hosts × (target − size) always finds room, whatever the packing.
  test('serves everyone below the threshold when there is room enough', () => {
    const size = 0.2;
    const many = fc.record({
      hostCount: fc.integer({ min: 2, max: 8 }),
      shares: fc.array(fc.double({ min: 0.01, max: size, noNaN: true }), { maxLength: 40 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(many, ({ hostCount, shares }) => {
        const room = hostCount * (TARGET - size);
        const vms: TestVm[] = [];
        let total = 0;
        for (const cpus of shares) {
          total += cpus;
          if (total > room) break;
          vms.push({ name: `v${vms.length + 1}`, cpus, memoryMiB: 1, on: 'h1' });
        }
        const hosts = Array.from({ length: hostCount }, (_, index) => ({
          name: `h${index + 1}`,
          state: index === 0 ? HostState.on : HostState.standby,
        }));
        const cluster = clusterOf({ hosts, vms, seed: 0 });
        cluster.run(150);
        for (const host = cluster.state.hostCursor(); host.next(); ) {
          expect(host.steal).toBe(0);
          expect(host.run / host.capacity).toBeLessThanOrEqual(0.85);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a VM waits for good only when no host has the memory for it', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        cluster.run(120);
        const { state } = cluster;
        for (const vm = state.vmCursor().on(NONE); vm.next(); ) {
          expect(vm.phase).toBe(VmPhase.pending);
          for (const host = state.hostCursor(); host.next(); ) {
            const free = host.memoryBytes * (1 - MEMORY_RESERVE) - host.committedBytes;
            expect(free).toBeLessThan(vm.memoryBytes);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

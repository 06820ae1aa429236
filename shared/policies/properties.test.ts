// What holds for every policy on any cluster (consolidate has more of its own in its folder).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../runtime/mod.ts';
import { preparePolicy } from './table.ts';
import { anyCase, type Case, changeLoads, columnsOf, MEMORY_RESERVE, shuffled } from './testing/any-case.ts';
import { TestCluster } from './testing/test-cluster.ts';

const policies = [
  ['balance', {}],
  ['hot-spot', {}],
  ['none', { placement: 'worst-fit' }],
  ['consolidate', { placement: 'best-fit' }],
  ['consolidate', { placement: 'worst-fit', placementBy: 'reservation' }],
] as const;

describe.each(policies)('%s %j, on any cluster', (name, parameters) => {
  const clusterOf = ({ hosts, vms }: Case) => new TestCluster(hosts, vms, preparePolicy(name, parameters), 2);

  test('never plans more memory onto a host than it has', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        const random = new SeededRandom(given.seed);
        for (let interval = 0; interval < 40; interval++) {
          if (interval % 10 === 0) changeLoads(cluster, random);
          cluster.interval();
          for (const host = cluster.state.hostCursor(); host.next(); ) {
            expect(host.committedBytes).toBeLessThanOrEqual(host.memoryBytes * (1 - MEMORY_RESERVE));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('decides the same whatever the order of the columns', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const other = { ...given, hosts: shuffled(given.hosts, given.seed), vms: shuffled(given.vms, given.seed + 1) };
        const logs = [given, other].map((each) => {
          const cluster = clusterOf(each);
          const random = new SeededRandom(given.seed);
          for (let interval = 0; interval < 30; interval++) {
            if (interval % 8 === 0) {
              const level = random.float();
              for (const { name: vm, cpus } of given.vms) cluster.want(vm, cpus * level);
            }
            cluster.interval();
          }
          return cluster.log;
        });
        expect(logs[1]).toEqual(logs[0]);
      }),
      { numRuns: 20 },
    );
  });

  test('comes to rest under steady load', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        cluster.run(150);
        const late = cluster.run(30).filter((action) => action.kind !== 'wait');
        expect(late.map((action) => cluster.describe(action))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('never writes to the state that it is shown', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const cluster = clusterOf(given);
        cluster.run(5);
        const policy = preparePolicy(name, parameters);
        const before = columnsOf(cluster.state);
        policy.decide(cluster.state, policy.begin(), new SeededRandom(1));
        expect(columnsOf(cluster.state)).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });
});

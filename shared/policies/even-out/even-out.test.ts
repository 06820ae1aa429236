import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NONE } from '../../cluster/mod.ts';
import { SeededRandom } from '../../runtime/mod.ts';
import { preparePolicy } from '../table.ts';
import { CPU, hostsNamed, MIB, TestCluster, type TestHost, type TestVm } from '../testing/test-cluster.ts';
import { migrationSeconds } from './migration-cost.ts';

function balancing(
  hosts: readonly TestHost[],
  vms: readonly TestVm[],
  parameters: Readonly<Record<string, unknown>> = {},
  actionIntervals = 1,
): TestCluster {
  return new TestCluster(hosts, vms, preparePolicy('balance', { forecast: 'last', ...parameters }), actionIntervals);
}

/** Standard deviation of what hosts will carry when all that is under way has arrived, from what VMs want. */
function deviationOf(cluster: TestCluster): number {
  const { state } = cluster;
  const loads = new Float64Array(state.hosts.end);
  for (const vm = state.vmCursor(); vm.next(); ) {
    const host = vm.migratingTo === NONE ? vm.host : vm.migratingTo;
    loads[host]! += (Math.min(1, cluster.wanted.get(vm.name)!) * CPU) / state.capacity(host);
  }
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  return Math.sqrt(loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length);
}

const anyPlaced = fc
  .record({
    cpus: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
    vms: fc.array(
      fc.record({
        cpus: fc.double({ min: 0, max: 1, noNaN: true }),
        memoryMiB: fc.integer({ min: 1, max: 40 }),
        on: fc.nat(),
      }),
      { maxLength: 24 },
    ),
  })
  .map(({ cpus, vms }) => ({
    hosts: cpus.map((count, index) => ({ name: `h${index + 1}`, cpus: count, memoryMiB: 512 })),
    vms: vms.map((vm, index) => ({ ...vm, name: `v${index + 1}`, on: `h${(vm.on % cpus.length) + 1}` })),
  }));

describe('balancing', () => {
  test('makes the move that is worth most, and stops when hosts are even enough', () => {
    const cluster = balancing(hostsNamed(3), [
      { name: 'v1', cpus: 0.3, on: 'h1' },
      { name: 'v2', cpus: 0.2, on: 'h1' },
      { name: 'v3', cpus: 0.1, on: 'h1' },
      { name: 'v4', cpus: 0.2, on: 'h2' },
    ]);
    cluster.run(20);
    expect(cluster.log).toEqual([
      'migrate v1 from h1 to h3: loads of hosts deviate by 24.9 %, by 4.7 % after this; host h1 is at 60 % and h3 at 0 %; it takes about 0.2 s',
    ]);
  });

  test('waits until hosts have been uneven for some intervals', () => {
    const cluster = balancing(hostsNamed(2), [
      { name: 'v1', cpus: 0.3, on: 'h1' },
      { name: 'v2', cpus: 0.3, on: 'h1' },
    ]);
    expect(cluster.run(2)).toEqual([]);
    expect(cluster.run(1)).toHaveLength(1);
  });

  test('of two VMs that help alike the one moves that costs less', () => {
    const cluster = balancing(hostsNamed(2), [
      { name: 'v1', cpus: 0.3, memoryMiB: 128, on: 'h1' },
      { name: 'v2', cpus: 0.3, memoryMiB: 16, on: 'h1' },
    ]);
    cluster.run(10);
    expect(cluster.layout()).toEqual({ h1: ['v1'], h2: ['v2'] });
  });

  test('leaves a VM that takes longer to move than load is stable, or that writes faster than it could be copied', () => {
    const vms = ['v1', 'v2'].map((name) => ({ name, cpus: 0.3, memoryMiB: 100, on: 'h1' }));
    const slow = balancing(hostsNamed(2), vms, { copyMibPerSecond: 1, stableSeconds: 60 });
    expect(slow.run(10)).toEqual([]);
    expect(balancing(hostsNamed(2), vms, { copyMibPerSecond: 1, stableSeconds: 600 }).run(10)).toHaveLength(1);
    const writing = balancing(hostsNamed(2), vms);
    writing.state.vms.dirtyBytesPerSecond.fill(100 * MIB);
    expect(writing.run(10)).toEqual([]);
  });

  test('no more moves begin than the limits allow, and the rest follow', () => {
    const vms = Array.from({ length: 8 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.1, on: 'h1' }));
    const cluster = balancing(hostsNamed(4), vms, { migrationsPerHostMax: 1, unevenIntervals: 1 });
    expect(Array.from({ length: 8 }, () => cluster.interval().length)).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    expect(Object.values(cluster.layout()).map((there) => there.length)).toEqual([2, 2, 2, 2]);
  });

  test('a large host takes as much more as it is larger', () => {
    const vms = Array.from({ length: 12 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.2, on: 'h1' }));
    const cluster = balancing(
      [
        { name: 'h1', cpus: 4 },
        { name: 'h2', cpus: 2 },
      ],
      vms,
    );
    cluster.run(30);
    expect(['h1', 'h2'].map((host) => cluster.layout()[host]!.length)).toEqual([8, 4]);
  });

  test('what was moved stays a while, whatever happens next', () => {
    const vms = ['v1', 'v2'].map((name) => ({ name, cpus: 0.3, on: 'h1' }));
    const cluster = balancing(hostsNamed(2), [...vms, { name: 'v3', cpus: 0, on: 'h2' }], { stayIntervals: 10 });
    cluster.run(4);
    expect(cluster.layout()).toEqual({ h1: ['v2'], h2: ['v1', 'v3'] });
    cluster.want('v2', 0);
    cluster.want('v3', 0.2);
    // v1 would be worth more, but v3 may go.
    cluster.run(6);
    expect(cluster.layout()).toEqual({ h1: ['v2', 'v3'], h2: ['v1'] });
  });

  test('noise moves nothing in a cluster that is balanced', () => {
    const vms = Array.from({ length: 20 }, (_, index) => ({
      name: `v${index + 1}`,
      cpus: 0.15,
      on: `h${(index % 5) + 1}`,
    }));
    const cluster = balancing(hostsNamed(5), vms, { forecast: 'ewma' });
    const random = new SeededRandom(5);
    for (let interval = 0; interval < 300; interval++) {
      for (const { name } of vms) cluster.want(name, 0.15 * (0.5 + random.float()));
      cluster.interval();
    }
    expect(cluster.log).toEqual([]);
  });

  test('no plan makes hosts less even, and steady load comes to rest', () => {
    fc.assert(
      fc.property(anyPlaced, fc.integer({ min: 1, max: 3 }), ({ hosts, vms }, actionIntervals) => {
        const cluster = balancing(hosts, vms, { migrationsPerHostMax: 2 }, actionIntervals);
        for (let interval = 0; interval < 60; interval++) {
          const before = deviationOf(cluster);
          const moved = cluster.interval().length > 0;
          // Loads are whole instructions, so figures are exact to a millionth of a CPU.
          if (moved) expect(deviationOf(cluster)).toBeLessThan(before + 1e-6);
        }
        cluster.run(100);
        expect(cluster.run(30)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('a cluster that is balanced makes no moves', () => {
    fc.assert(
      fc.property(anyPlaced, ({ hosts, vms }) => {
        const cluster = balancing(hosts, vms);
        fc.pre(deviationOf(cluster) <= 0.1);
        expect(cluster.run(20)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

test('a migration takes longer the faster the VM writes, and never ends when it writes as fast as it is copied', () => {
  const { state } = balancing(hostsNamed(1), [{ name: 'v1', cpus: 0.1, memoryMiB: 64, on: 'h1' }]);
  const seconds = (dirtyMib: number) => {
    state.vms.dirtyBytesPerSecond[0] = dirtyMib * MIB;
    return migrationSeconds(state, 0, 64 * MIB);
  };
  expect([0, 32, 48, 64, 100].map(seconds)).toEqual([1, 2, 4, Infinity, Infinity]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterState } from './cluster-state.ts';
import { NONE } from './columns.ts';
import { HostState } from './host-columns.ts';
import { powerModelNamed } from './power-model.ts';
import { VmPhase } from './vm-columns.ts';

const shape = { cpus: 2, instructionsPerSecond: 1_000_000, memoryBytes: 1 << 28 };

/** Sums and lists as they must be, computed from the VMs alone. */
function expectSumsToHold(state: ClusterState): void {
  const { hosts, vms } = state;
  for (const host = state.hostCursor(); host.next(); ) {
    const sums = { count: 0, bytes: 0, run: 0, steal: 0, inCount: 0, inBytes: 0, inRun: 0, inSteal: 0, out: 0 };
    for (const vm = state.vmCursor(); vm.next(); ) {
      if (vm.host === host.index) {
        sums.count += 1;
        sums.bytes += vm.memoryBytes;
        sums.run += vm.run;
        sums.steal += vm.steal;
        if (vm.migratingTo !== NONE) sums.out += 1;
      }
      if (vm.migratingTo !== host.index) continue;
      sums.inCount += 1;
      sums.inBytes += vm.memoryBytes;
      sums.inRun += vm.run;
      sums.inSteal += vm.steal;
    }
    const h = host.index;
    expect({
      count: hosts.vmCount[h],
      bytes: hosts.vmBytes[h],
      run: hosts.run[h],
      steal: hosts.steal[h],
      inCount: hosts.incomingCount[h],
      inBytes: hosts.incomingBytes[h],
      inRun: hosts.incomingRun[h],
      inSteal: hosts.incomingSteal[h],
      out: hosts.outgoingCount[h],
    }).toEqual(sums);
    expect(listOf(state, h).every((vm) => vms.host[vm] === h)).toBe(true);
    expect(listOf(state, h)).toHaveLength(sums.count);
  }
  for (const vm of listOf(state, NONE)) expect(vms.host[vm]).toBe(NONE);
}

function listOf(state: ClusterState, host: number): number[] {
  const list: number[] = [];
  for (const vm = state.vmCursor().on(host); vm.next(); ) list.push(vm.index);
  return list;
}

const step = fc.record({
  what: fc.constantFrom('add', 'remove', 'place', 'unplace', 'load', 'memory', 'begin', 'end'),
  vm: fc.nat(40),
  host: fc.nat(6),
  amount: fc.nat(1_000_000),
});

describe('cluster state', () => {
  test('sums and lists per host hold after any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const state = new ClusterState();
        for (let host = 0; host < 7; host++) state.addHost(`h${host}`, shape, HostState.on);
        for (const { what, vm: number, host, amount } of steps) {
          const vm = state.vmIndex(`v${number}`);
          if (what === 'add') {
            if (vm === undefined) state.addVm(`v${number}`, amount);
            continue;
          }
          if (vm === undefined) continue;
          if (what === 'remove') state.removeVm(vm);
          if (what === 'place') state.place(vm, host);
          if (what === 'unplace') state.unplace(vm);
          if (what === 'load') state.setLoad(vm, amount / 3, amount / 7, 1);
          if (what === 'memory') state.setVmMemory(vm, amount);
          if (what === 'end') state.endMigration(vm);
          const at = state.vms.host[vm];
          if (what === 'begin' && at !== NONE && at !== host) state.beginMigration(vm, host);
        }
        expectSumsToHold(state);
        expect(state.vmCounts.reduce((sum, count) => sum + count, 0)).toBe([...allVms(state)].length);
      }),
      { numRuns: 200 },
    );
  });

  test('an index that is used again has another generation and nothing of its former owner', () => {
    const state = new ClusterState();
    const host = state.addHost('h1', shape, HostState.on);
    const first = state.addVm('v1', 100);
    state.place(first, host);
    state.setLoad(first, 5, 6, 1);
    state.vms.epoch[first] = 3;
    const before = state.vms.generation[first]!;
    state.removeVm(first);
    const second = state.addVm('v2', 200);
    expect(second).toBe(first);
    const vm = state.vmCursor().at(second);
    expect(vm.generation).not.toBe(before);
    expect([vm.name, vm.run, vm.steal, vm.epoch, vm.host]).toEqual(['v2', 0, 0, 0, NONE]);
    expect(vm.phase).toBe(VmPhase.pending);
    expect(state.vmIndex('v1')).toBeUndefined();
  });

  test('hosts rank by name with numbers by value, whatever order they came in', () => {
    const state = new ClusterState();
    for (const name of ['h10', 'h2', 'rack1-h1', 'h1']) state.addHost(name, shape, HostState.on);
    const ranked = ['h10', 'h2', 'rack1-h1', 'h1'].sort(
      (a, b) => state.hostRank(state.hostIndex(a)!) - state.hostRank(state.hostIndex(b)!),
    );
    expect(ranked).toEqual(['h1', 'h2', 'h10', 'rack1-h1']);
    state.addHost('h3', shape, HostState.on);
    expect(state.hostRank(state.hostIndex('h10')!)).toBe(3);
  });

  test('committed memory is the larger of what the host reports and what we know of', () => {
    const state = new ClusterState();
    const from = state.addHost('h1', shape, HostState.on);
    const to = state.addHost('h2', shape, HostState.on);
    const vm = state.addVm('v1', 1000);
    state.place(vm, from);
    state.beginMigration(vm, to);
    expect(state.committedBytes(to)).toBe(1000);
    state.hosts.reportedBytes[to] = 1500;
    expect(state.committedBytes(to)).toBe(1500);
    state.place(vm, to);
    expect(state.committedBytes(from)).toBe(0);
  });

  test('equal power models are kept once; a host without one says so', () => {
    const state = new ClusterState();
    for (const name of ['h1', 'h2', 'h3']) state.addHost(name, shape, HostState.on);
    state.setPowerModel(0, powerModelNamed('hp-ml110-g4'));
    state.setPowerModel(1, { ...powerModelNamed('hp-ml110-g4') });
    expect(state.powerModels).toHaveLength(1);
    expect(state.hostCursor().at(1).powerModel?.watts[0]).toBe(86);
    expect(state.hostCursor().at(2).powerModel).toBeUndefined();
  });
});

function* allVms(state: ClusterState): Generator<number> {
  for (const vm = state.vmCursor(); vm.next(); ) yield vm.index;
}

// For tests of policies: a cluster of numbers that does what a policy decides. Migrations and wakes take some intervals; a VM gets
// what its host can give, and what it misses is steal. No ports, no time: one call of `interval` is one scheduling interval.

import assert from 'node:assert/strict';
import { ClusterState, HostState, NONE, VmPhase } from '../../cluster/mod.ts';
import { SeededRandom } from '../../runtime/mod.ts';
import type { Action } from '../action.ts';
import { explain } from '../explain.ts';
import type { Policy } from '../policy.ts';
import { preparePolicy } from '../table.ts';

export const CPU = 1_000_000;
export const MIB = 2 ** 20;
const INTERVAL_NS = 1_000_000_000;

export interface TestHost {
  readonly name: string;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly state?: HostState;
}

export interface TestVm {
  readonly name: string;
  /** CPUs that it wants. */
  readonly cpus: number;
  readonly memoryMiB?: number;
  /** It waits to be placed when absent. */
  readonly on?: string;
  readonly startHost?: string;
}

export class TestCluster {
  readonly state = new ClusterState();
  readonly wanted = new Map<string, number>();
  /** Every action so far, in words. */
  readonly log: string[] = [];
  readonly #policy: Policy;
  readonly #random = new SeededRandom(1);
  readonly #actionIntervals: number;
  #memory: unknown;
  #later: { readonly atInterval: number; readonly effect: () => void }[] = [];
  #interval = 0;

  /** Migrations and wakes take `actionIntervals`. */
  constructor(hosts: readonly TestHost[], vms: readonly TestVm[], policy: Policy, actionIntervals = 1) {
    this.#policy = policy;
    this.#memory = policy.begin();
    this.#actionIntervals = actionIntervals;
    const { state } = this;
    for (const { name, cpus = 1, memoryMiB = 256, state: hostState = HostState.on } of hosts) {
      state.addHost(name, { cpus, instructionsPerSecond: CPU, memoryBytes: memoryMiB * MIB }, hostState);
    }
    for (const { name, cpus, memoryMiB = 16, on, startHost } of vms) {
      const vm = state.addVm(name, memoryMiB * MIB);
      this.wanted.set(name, cpus);
      if (startHost !== undefined) state.vms.startHost[vm] = this.host(startHost);
      if (on === undefined) continue;
      state.place(vm, this.host(on));
      state.setVmPhase(vm, VmPhase.running);
    }
  }

  static consolidating(
    hosts: readonly TestHost[],
    vms: readonly TestVm[],
    parameters: Readonly<Record<string, unknown>> = {},
  ): TestCluster {
    return new TestCluster(hosts, vms, preparePolicy('consolidate', parameters));
  }

  host(name: string): number {
    const host = this.state.hostIndex(name);
    assert(host !== undefined, `no host ${name}`);
    return host;
  }

  /** Where a VM is, by name. */
  whereIs(vm: string): string | undefined {
    const host = this.state.vms.host[this.state.vmIndex(vm)!]!;
    return host === NONE ? undefined : this.state.hosts.names[host];
  }

  /** VMs of every host that is not empty, both in order of their names. */
  layout(): Record<string, string[]> {
    const layout: Record<string, string[]> = {};
    for (const vm of [...this.wanted.keys()].sort()) {
      const host = this.whereIs(vm);
      if (host !== undefined) layout[host] = [...(layout[host] ?? []), vm];
    }
    return layout;
  }

  want(vm: string, cpus: number): void {
    this.wanted.set(vm, cpus);
  }

  run(intervals: number): Action[] {
    const actions: Action[] = [];
    for (let count = 0; count < intervals; count++) actions.push(...this.interval());
    return actions;
  }

  /** Measures, decides, and begins what was decided. */
  interval(): readonly Action[] {
    this.#interval += 1;
    this.state.timeNs = this.#interval * INTERVAL_NS;
    this.#finish();
    this.#measure();
    const decision = this.#policy.decide(this.state, this.#memory, this.#random);
    this.#memory = decision.memory;
    for (const action of decision.actions) {
      this.log.push(this.describe(action));
      this.#begin(action);
    }
    return decision.actions;
  }

  describe(action: Action): string {
    const { hosts, vms } = this.state;
    const why = explain(action, this.state);
    switch (action.kind) {
      case 'place':
        return `place ${vms.names[action.vm]} on ${hosts.names[action.to]}: ${why}`;
      case 'migrate':
        return `migrate ${vms.names[action.vm]} from ${hosts.names[action.from]} to ${hosts.names[action.to]}: ${why}`;
      case 'wake':
      case 'standby':
        return `${action.kind} ${hosts.names[action.host]}: ${why}`;
      case 'wait':
        return `wait ${vms.names[action.vm]}: ${why}`;
    }
  }

  /** Hosts share their CPUs fairly; a VM has one virtual CPU. */
  #measure(): void {
    const { state } = this;
    for (const host = state.hostCursor(); host.next(); ) {
      let wanted = 0;
      for (const vm = state.vmCursor().on(host.index); vm.next(); ) wanted += this.#wantedBy(vm.name);
      const share = wanted > host.cpus ? host.cpus / wanted : 1;
      state.hosts.utilisation[host.index] = Math.min(1, wanted / host.cpus);
      for (const vm = state.vmCursor().on(host.index); vm.next(); ) {
        const run = this.#wantedBy(vm.name) * share;
        const steal = this.#wantedBy(vm.name) - run;
        state.setLoad(vm.index, Math.round(run * CPU), Math.round(steal * CPU), state.timeNs);
        if (vm.phase === VmPhase.starting) state.setVmPhase(vm.index, VmPhase.running);
      }
    }
  }

  #wantedBy(vm: string): number {
    return Math.min(1, this.wanted.get(vm) ?? 0);
  }

  #begin(action: Action): void {
    const { state } = this;
    switch (action.kind) {
      case 'place':
        assert.equal(state.hosts.state[action.to], HostState.on);
        state.place(action.vm, action.to);
        state.setVmPhase(action.vm, VmPhase.starting);
        return;
      case 'migrate':
        assert.equal(state.hosts.state[action.to], HostState.on);
        assert.equal(state.vms.host[action.vm], action.from);
        state.beginMigration(action.vm, action.to);
        this.#after(() => state.place(action.vm, action.to));
        return;
      case 'wake':
        assert.equal(state.hosts.state[action.host], HostState.standby);
        state.setHostState(action.host, HostState.waking);
        this.#after(() => state.setHostState(action.host, HostState.on));
        return;
      case 'standby':
        assert.equal(state.hosts.vmCount[action.host]! + state.hosts.incomingCount[action.host]!, 0);
        state.setHostState(action.host, HostState.standby);
        return;
      case 'wait':
        return;
    }
  }

  #after(effect: () => void): void {
    this.#later.push({ atInterval: this.#interval + this.#actionIntervals, effect });
  }

  #finish(): void {
    const due = this.#later.filter(({ atInterval }) => atInterval <= this.#interval);
    this.#later = this.#later.filter(({ atInterval }) => atInterval > this.#interval);
    for (const { effect } of due) effect();
  }
}

/** h1, h2, … all alike. */
export function hostsNamed(count: number, shape: Omit<TestHost, 'name'> = {}): TestHost[] {
  return Array.from({ length: count }, (_, index) => ({ name: `h${index + 1}`, ...shape }));
}

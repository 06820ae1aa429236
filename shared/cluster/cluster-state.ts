// All that policies see of a cluster: hosts and VMs as columns, which VM is where, and sums per host that are kept up to date with
// every change (DESIGN, idea 2). Built for 100,000 hosts and 1,000,000 VMs: nothing is allocated per VM and step, moving
// a VM and changing its load cost the same at any size. Written by TelemetryObserver, the scheduler and the simulation; read
// through cursors.

import assert from 'node:assert/strict';
import type { PowerModel } from '../protocol/mod.ts';
import { NONE } from './columns.ts';
import { HostCursor, VmCursor } from './cursors.ts';
import { ForbiddenPairs } from './forbidden-pairs.ts';
import { HostColumns, HostState } from './host-columns.ts';
import { compareNames } from './names.ts';
import { VmColumns, VmPhase } from './vm-columns.ts';

export interface HostShape {
  readonly cpus: number;
  readonly instructionsPerSecond: number;
  readonly memoryBytes: number;
}

export class ClusterState {
  /** Cluster time of the last change that says when it was. */
  timeNs = 0;
  readonly hosts = new HostColumns();
  readonly vms = new VmColumns();
  readonly powerModels: PowerModel[] = [];
  /** Hosts that a VM may not be put on for now: they refused it. */
  readonly forbidden = new ForbiddenPairs();
  /** Head of the list of VMs on no host. */
  firstUnplaced: number = NONE;
  /** How many hosts are in each HostState, and VMs in each VmPhase. */
  readonly hostCounts = new Int32Array(8);
  readonly vmCounts = new Int32Array(8);

  readonly #hostIndices = new Map<string, number>();
  readonly #vmIndices = new Map<string, number>();
  readonly #freeHosts: number[] = [];
  readonly #freeVms: number[] = [];
  readonly #powerModelIndices = new Map<string, number>();
  #ranks = new Int32Array(0);
  #ranksAreStale = true;

  hostIndex(name: string): number | undefined {
    return this.#hostIndices.get(name);
  }

  vmIndex(name: string): number | undefined {
    return this.#vmIndices.get(name);
  }

  /** A cursor before the first host; `next` moves it. */
  hostCursor(): HostCursor {
    return new HostCursor(this);
  }

  /** A cursor before the first VM. */
  vmCursor(): VmCursor {
    return new VmCursor(this);
  }

  /** The host's place when all are ordered by name: what breaks ties, whatever the order of the columns. */
  hostRank(host: number): number {
    if (this.#ranksAreStale) this.#rank();
    return this.#ranks[host]!;
  }

  /** Room for so many, to be spared the doublings. */
  reserve(hostCount: number, vmCount: number): void {
    this.hosts.reserve(hostCount);
    this.vms.reserve(vmCount);
  }

  addHost(name: string, shape: HostShape, state: HostState): number {
    assert(!this.#hostIndices.has(name), `host ${name} is there already`);
    const { hosts } = this;
    const host = this.#freeHosts.pop() ?? hosts.end;
    if (host === hosts.end) {
      hosts.reserve(host + 1);
      hosts.end = host + 1;
    }
    hosts.names[host] = name;
    this.#hostIndices.set(name, host);
    this.#ranksAreStale = true;
    this.shapeHost(host, shape);
    this.setHostState(host, state);
    return host;
  }

  removeHost(host: number): void {
    const { hosts } = this;
    assert(hosts.vmCount[host] === 0 && hosts.incomingCount[host] === 0, `host ${hosts.names[host]} has VMs`);
    this.setHostState(host, HostState.free);
    this.#hostIndices.delete(hosts.names[host]!);
    hosts.clear(host);
    this.#ranksAreStale = true;
    this.#freeHosts.push(host);
  }

  shapeHost(host: number, shape: HostShape): void {
    this.hosts.cpus[host] = shape.cpus;
    this.hosts.instructionsPerSecond[host] = shape.instructionsPerSecond;
    this.hosts.memoryBytes[host] = shape.memoryBytes;
  }

  setPowerModel(host: number, model: PowerModel): void {
    const key = JSON.stringify(model);
    let index = this.#powerModelIndices.get(key);
    if (index === undefined) {
      index = this.powerModels.push(model) - 1;
      this.#powerModelIndices.set(key, index);
    }
    this.hosts.powerModel[host] = index;
    this.hosts.wakeDelayNs[host] = model.wakeDelayNs;
  }

  setHostState(host: number, state: HostState): void {
    const before = this.hosts.state[host]!;
    if (before !== HostState.free) this.hostCounts[before]! -= 1;
    if (state !== HostState.free) this.hostCounts[state]! += 1;
    this.hosts.state[host] = state;
  }

  addVm(name: string, memoryBytes: number): number {
    assert(!this.#vmIndices.has(name), `VM ${name} is there already`);
    const { vms } = this;
    const vm = this.#freeVms.pop() ?? vms.end;
    if (vm === vms.end) {
      vms.reserve(vm + 1);
      vms.end = vm + 1;
    }
    vms.names[vm] = name;
    vms.memoryBytes[vm] = memoryBytes;
    this.#vmIndices.set(name, vm);
    this.setVmPhase(vm, VmPhase.pending);
    this.#link(vm, NONE);
    return vm;
  }

  removeVm(vm: number): void {
    this.forbidden.forgetVm(vm);
    this.endMigration(vm);
    this.unplace(vm);
    this.#unlink(vm);
    this.setVmPhase(vm, VmPhase.free);
    this.#vmIndices.delete(this.vms.names[vm]!);
    this.vms.clear(vm);
    this.#freeVms.push(vm);
  }

  setVmPhase(vm: number, phase: VmPhase): void {
    const before = this.vms.phase[vm]!;
    if (before !== VmPhase.free) this.vmCounts[before]! -= 1;
    if (phase !== VmPhase.free) this.vmCounts[phase]! += 1;
    this.vms.phase[vm] = phase;
  }

  /** Moves the VM to a host's list, from wherever it was; a migration to that host is over with it. */
  place(vm: number, host: number): void {
    if (this.vms.host[vm] === host) return;
    const to = this.vms.migratingTo[vm]!;
    if (to !== NONE) this.endMigration(vm);
    this.#leave(vm);
    this.#unlink(vm);
    this.vms.host[vm] = host;
    this.#link(vm, host);
    const { hosts, vms } = this;
    hosts.vmCount[host]! += 1;
    hosts.vmBytes[host]! += vms.memoryBytes[vm]!;
    hosts.run[host]! += vms.run[vm]!;
    hosts.steal[host]! += vms.steal[vm]!;
    if (to !== NONE && to !== host) this.beginMigration(vm, to);
  }

  unplace(vm: number): void {
    if (this.vms.host[vm] === NONE) return;
    this.endMigration(vm);
    this.#leave(vm);
    this.#unlink(vm);
    this.vms.host[vm] = NONE;
    this.#link(vm, NONE);
  }

  /** Load in instructions per second; fractions are dropped, so that sums stay exact. */
  setLoad(vm: number, run: number, steal: number, timeNs: number): void {
    const { hosts, vms } = this;
    const wholeRun = Math.floor(run);
    const wholeSteal = Math.floor(steal);
    const runMore = wholeRun - vms.run[vm]!;
    const stealMore = wholeSteal - vms.steal[vm]!;
    vms.run[vm] = wholeRun;
    vms.steal[vm] = wholeSteal;
    vms.measuredNs[vm] = timeNs;
    const host = vms.host[vm]!;
    if (host !== NONE) {
      hosts.run[host]! += runMore;
      hosts.steal[host]! += stealMore;
    }
    const to = vms.migratingTo[vm]!;
    if (to !== NONE) {
      hosts.incomingRun[to]! += runMore;
      hosts.incomingSteal[to]! += stealMore;
    }
  }

  setVmMemory(vm: number, memoryBytes: number): void {
    const more = memoryBytes - this.vms.memoryBytes[vm]!;
    this.vms.memoryBytes[vm] = memoryBytes;
    const host = this.vms.host[vm]!;
    if (host !== NONE) this.hosts.vmBytes[host]! += more;
    const to = this.vms.migratingTo[vm]!;
    if (to !== NONE) this.hosts.incomingBytes[to]! += more;
  }

  beginMigration(vm: number, to: number): void {
    const { hosts, vms } = this;
    if (vms.migratingTo[vm] === to) return;
    this.endMigration(vm);
    const from = vms.host[vm]!;
    assert(from !== NONE && from !== to, `VM ${vms.names[vm]} cannot be moved to where it is, nor from nowhere`);
    vms.migratingTo[vm] = to;
    hosts.outgoingCount[from]! += 1;
    hosts.incomingCount[to]! += 1;
    hosts.incomingBytes[to]! += vms.memoryBytes[vm]!;
    hosts.incomingRun[to]! += vms.run[vm]!;
    hosts.incomingSteal[to]! += vms.steal[vm]!;
  }

  /** The migration is over, however it ended; `place` says where the VM is when it moved. */
  endMigration(vm: number): void {
    const { hosts, vms } = this;
    const to = vms.migratingTo[vm]!;
    if (to === NONE) return;
    vms.migratingTo[vm] = NONE;
    hosts.outgoingCount[vms.host[vm]!]! -= 1;
    hosts.incomingCount[to]! -= 1;
    hosts.incomingBytes[to]! -= vms.memoryBytes[vm]!;
    hosts.incomingRun[to]! -= vms.run[vm]!;
    hosts.incomingSteal[to]! -= vms.steal[vm]!;
  }

  /** Memory that is spoken for: what the host reports, or what we know of it if that is more (reports come later). */
  committedBytes(host: number): number {
    const { hosts } = this;
    return Math.max(hosts.reportedBytes[host]!, hosts.vmBytes[host]! + hosts.incomingBytes[host]!);
  }

  /** Instructions per second of all CPUs. */
  capacity(host: number): number {
    return this.hosts.cpus[host]! * this.hosts.instructionsPerSecond[host]!;
  }

  #leave(vm: number): void {
    const { hosts, vms } = this;
    const host = vms.host[vm]!;
    if (host === NONE) return;
    hosts.vmCount[host]! -= 1;
    hosts.vmBytes[host]! -= vms.memoryBytes[vm]!;
    hosts.run[host]! -= vms.run[vm]!;
    hosts.steal[host]! -= vms.steal[vm]!;
  }

  #link(vm: number, host: number): void {
    const { next, previous } = this.vms;
    const head = host === NONE ? this.firstUnplaced : this.hosts.firstVm[host]!;
    next[vm] = head;
    previous[vm] = NONE;
    if (head !== NONE) previous[head] = vm;
    if (host === NONE) this.firstUnplaced = vm;
    else this.hosts.firstVm[host] = vm;
  }

  #unlink(vm: number): void {
    const { next, previous, host } = this.vms;
    const after = next[vm]!;
    const before = previous[vm]!;
    if (after !== NONE) previous[after] = before;
    if (before !== NONE) next[before] = after;
    else if (host[vm] === NONE) this.firstUnplaced = after;
    else this.hosts.firstVm[host[vm]!] = after;
  }

  #rank(): void {
    const { hosts } = this;
    const order: number[] = [];
    for (let host = 0; host < hosts.end; host++) if (hosts.state[host] !== HostState.free) order.push(host);
    order.sort((a, b) => compareNames(hosts.names[a]!, hosts.names[b]!));
    if (this.#ranks.length < hosts.end) this.#ranks = new Int32Array(hosts.state.length);
    order.forEach((host, rank) => {
      this.#ranks[host] = rank;
    });
    this.#ranksAreStale = false;
  }
}

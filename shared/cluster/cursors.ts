// How the columns of ClusterState are read: a cursor stands on one host or VM and gives its fields by name. One cursor serves a
// whole loop, so reading a million VMs allocates nothing. A loop must not add, remove or move what it walks over.
//
//   for (const host = state.hostCursor(); host.next(); ) …
//   for (const vm = state.vmCursor().on(host.index); vm.next(); ) …

import type { PowerModel } from '../protocol/mod.ts';
import type { ClusterState } from './cluster-state.ts';
import { NONE } from './columns.ts';
import { HostState } from './host-columns.ts';
import { VmPhase } from './vm-columns.ts';

export class HostCursor {
  index = -1;
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** Steps to the next host; false after the last. */
  next(): boolean {
    const { hosts } = this.#state;
    do this.index += 1;
    while (this.index < hosts.end && hosts.state[this.index] === HostState.free);
    return this.index < hosts.end;
  }

  at(index: number): this {
    this.index = index;
    return this;
  }

  get name(): string {
    return this.#state.hosts.names[this.index]!;
  }
  get state(): HostState {
    return this.#state.hosts.state[this.index] as HostState;
  }
  get cpus(): number {
    return this.#state.hosts.cpus[this.index]!;
  }
  /** Of one CPU. */
  get instructionsPerSecond(): number {
    return this.#state.hosts.instructionsPerSecond[this.index]!;
  }
  /** Of all CPUs. */
  get capacity(): number {
    return this.#state.capacity(this.index);
  }
  get memoryBytes(): number {
    return this.#state.hosts.memoryBytes[this.index]!;
  }
  get committedBytes(): number {
    return this.#state.committedBytes(this.index);
  }
  /** Of all CPUs, 0..1. */
  get utilisation(): number {
    return this.#state.hosts.utilisation[this.index]!;
  }
  /** Instructions per second that its VMs execute, and that they wait for. */
  get run(): number {
    return this.#state.hosts.run[this.index]!;
  }
  get steal(): number {
    return this.#state.hosts.steal[this.index]!;
  }
  get vmCount(): number {
    return this.#state.hosts.vmCount[this.index]!;
  }
  get incomingCount(): number {
    return this.#state.hosts.incomingCount[this.index]!;
  }
  get outgoingCount(): number {
    return this.#state.hosts.outgoingCount[this.index]!;
  }
  get wakeDelayNs(): number {
    return this.#state.hosts.wakeDelayNs[this.index]!;
  }
  /** Undefined for a host that has not joined yet. */
  get powerModel(): PowerModel | undefined {
    return this.#state.powerModels[this.#state.hosts.powerModel[this.index]!];
  }
  get rank(): number {
    return this.#state.hostRank(this.index);
  }
  get generation(): number {
    return this.#state.hosts.generation[this.index]!;
  }
}

export class VmCursor {
  index = -1;
  /** Where `next` goes: along the columns, or along the list of a host. */
  #ahead = NONE;
  #followsList = false;
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** Before the first VM of a host's list, or with NONE of those that are on no host. */
  on(host: number): this {
    const { hosts, firstUnplaced } = this.#state;
    this.#ahead = host === NONE ? firstUnplaced : hosts.firstVm[host]!;
    this.#followsList = true;
    return this;
  }

  /** Steps to the next VM; false after the last. */
  next(): boolean {
    const { vms } = this.#state;
    if (this.#followsList) {
      if (this.#ahead === NONE) return false;
      this.index = this.#ahead;
      this.#ahead = vms.next[this.index]!;
      return true;
    }
    do this.index += 1;
    while (this.index < vms.end && vms.phase[this.index] === VmPhase.free);
    return this.index < vms.end;
  }

  at(index: number): this {
    this.index = index;
    return this;
  }

  get name(): string {
    return this.#state.vms.names[this.index]!;
  }
  get phase(): VmPhase {
    return this.#state.vms.phase[this.index] as VmPhase;
  }
  /** NONE when it is nowhere. */
  get host(): number {
    return this.#state.vms.host[this.index]!;
  }
  get epoch(): number {
    return this.#state.vms.epoch[this.index]!;
  }
  get memoryBytes(): number {
    return this.#state.vms.memoryBytes[this.index]!;
  }
  get run(): number {
    return this.#state.vms.run[this.index]!;
  }
  get steal(): number {
    return this.#state.vms.steal[this.index]!;
  }
  /** Instructions per second that it would execute if it never had to wait. */
  get demand(): number {
    return this.run + this.steal;
  }
  get dirtyBytesPerSecond(): number {
    return this.#state.vms.dirtyBytesPerSecond[this.index]!;
  }
  /** NONE before the first measurement. */
  get measuredNs(): number {
    return this.#state.vms.measuredNs[this.index]!;
  }
  get isPinned(): boolean {
    return this.#state.vms.pinned[this.index] === 1;
  }
  /** Whether it may be moved now: it runs, is not being moved, and neither pinned nor held. */
  get isMovable(): boolean {
    const { vms, timeNs } = this.#state;
    const { index } = this;
    const isHere = vms.phase[index] === VmPhase.running || vms.phase[index] === VmPhase.paused;
    return isHere && vms.migratingTo[index] === NONE && vms.pinned[index] === 0 && vms.heldUntilNs[index]! <= timeNs;
  }
  get startHost(): number {
    return this.#state.vms.startHost[this.index]!;
  }
  /** NONE when it is not being moved. */
  get migratingTo(): number {
    return this.#state.vms.migratingTo[this.index]!;
  }
  get generation(): number {
    return this.#state.vms.generation[this.index]!;
  }
}

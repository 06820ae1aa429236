// Puts VMs on hosts that have room: memory always, CPU up to a target; on the first one of an order, or on the one that an index prefers. A VM that exceeds the target by itself
// may have an empty host of its own. Hosts that are waking or in standby may stand in the order too: what the answer means
// (start, wait, wake) is the caller's business.

import { HostState, NONE } from '../cluster/mod.ts';
import type { Fit } from './action.ts';
import { FitTree } from './fit-tree.ts';
import type { Ledger } from './ledger.ts';
import type { RoomIndex } from './room-index.ts';

export interface Placement {
  readonly host: number;
  readonly how: Fit;
}

export class Placer {
  readonly #ledger: Ledger;
  readonly #order: readonly number[];
  readonly #target: number;
  readonly #rooms: RoomIndex;
  readonly #closed: Uint8Array;

  /** `target` is the share of a host's capacity up to which it is filled. */
  constructor(
    ledger: Ledger,
    order: readonly number[],
    target: number,
    rooms: RoomIndex = new FitTree(Int32Array.from(order), ledger.state.hosts.end),
  ) {
    this.#ledger = ledger;
    this.#order = order;
    this.#target = target;
    this.#rooms = rooms;
    this.#closed = new Uint8Array(ledger.state.hosts.end);
    for (const host of order) this.#update(host);
  }

  /** Takes a host out of the choice. */
  close(host: number): void {
    this.#closed[host] = 1;
    this.#rooms.set(host, -Infinity, -Infinity);
  }

  open(host: number): void {
    this.#closed[host] = 0;
    this.#update(host);
  }

  /** Whether this host has room for the VM below the target. */
  hasRoom(vm: number, host: number): boolean {
    const { state, load, demand } = this.#ledger;
    if (this.#closed[host] === 1 || !this.#ledger.accepts(vm, host)) return false;
    if (state.vms.memoryBytes[vm]! > this.#ledger.freeBytes(host)) return false;
    return load.vmDemand[vm]! <= this.#target * state.capacity(host) - demand[host]!;
  }

  belowTarget(vm: number): Placement | undefined {
    const { load, state } = this.#ledger;
    const host = this.#rooms.find(load.vmDemand[vm]!, state.vms.memoryBytes[vm]!, (candidate) =>
      this.#ledger.accepts(vm, candidate),
    );
    return host === NONE ? undefined : { host, how: 'below-target' };
  }

  /** The first empty host that the VM does not overload, or else the strongest one; only for VMs that fit nowhere below the target. */
  alone(vm: number): Placement | undefined {
    const { state, load } = this.#ledger;
    let strongest = NONE;
    for (const host of this.#order) {
      if (this.#closed[host] === 1 || !this.#ledger.isEmpty(host)) continue;
      if (this.#ledger.freeBytes(host) < state.vms.memoryBytes[vm]! || !this.#ledger.accepts(vm, host)) continue;
      if (state.capacity(host) >= load.vmDemand[vm]!) return { host, how: 'alone' };
      if (strongest === NONE || state.capacity(host) > state.capacity(strongest)) strongest = host;
    }
    return strongest === NONE ? undefined : { host: strongest, how: 'alone' };
  }

  /** The host that is on and least loaded, whatever its load, if memory allows. */
  leastLoaded(vm: number): Placement | undefined {
    const { state } = this.#ledger;
    let least = NONE;
    for (const host of this.#order) {
      if (state.hosts.state[host] !== HostState.on || this.#closed[host] === 1) continue;
      if (this.#ledger.freeBytes(host) < state.vms.memoryBytes[vm]! || !this.#ledger.accepts(vm, host)) continue;
      if (least === NONE || this.#ledger.utilisation(host) < this.#ledger.utilisation(least)) least = host;
    }
    return least === NONE ? undefined : { host: least, how: 'crowded' };
  }

  assign(vm: number, host: number): void {
    this.#ledger.assign(vm, host);
    this.#update(host);
  }

  withdraw(vm: number, host: number): void {
    this.#ledger.withdraw(vm, host);
    this.#update(host);
  }

  /** Share of the host's capacity with everything that is planned onto it. */
  utilisationWith(host: number): number {
    return this.#ledger.utilisation(host);
  }

  #update(host: number): void {
    if (this.#closed[host] === 1) return;
    const { state, demand } = this.#ledger;
    this.#rooms.set(host, this.#target * state.capacity(host) - demand[host]!, this.#ledger.freeBytes(host));
  }
}

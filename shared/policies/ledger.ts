// A plan in the making: what each host would carry if everything planned so far were done. Stages of one policy share a ledger, so
// that none promises the same room twice. Memory of a VM that moves counts at both ends until it has arrived; so does its
// demand where we ask whether something fits. Nothing here changes the state.

import { type ClusterState, HostState, NONE } from '../cluster/mod.ts';
import type { Load } from './forecast/mod.ts';

export class Ledger {
  readonly state: ClusterState;
  readonly load: Load;
  /** Share of a host's memory that is never planned with: the VMM's own tables. */
  readonly #memoryReserve: number;
  /** What is or will be there, in instructions per second, before anything leaves. */
  readonly demand: Float64Array;
  /** What remains once everything in the air and planned has left. */
  readonly settledDemand: Float64Array;
  readonly bytes: Float64Array;
  /** CPU reservations of what is or will be there, in instructions per second, before anything leaves. */
  readonly reserved: Float64Array;
  /** VMs that are there, on their way or planned to come. */
  readonly vmCount: Int32Array;
  readonly arrivals: Int32Array;
  readonly departures: Int32Array;

  constructor(state: ClusterState, load: Load, memoryReserve: number) {
    const { hosts, vms } = state;
    this.state = state;
    this.load = load;
    this.#memoryReserve = memoryReserve;
    this.demand = new Float64Array(hosts.end);
    this.settledDemand = new Float64Array(hosts.end);
    this.bytes = new Float64Array(hosts.end);
    this.reserved = new Float64Array(hosts.end);
    this.vmCount = new Int32Array(hosts.end);
    this.arrivals = new Int32Array(hosts.end);
    this.departures = new Int32Array(hosts.end);
    for (let host = 0; host < hosts.end; host++) {
      this.bytes[host] = state.committedBytes(host);
      this.vmCount[host] = hosts.vmCount[host]! + hosts.incomingCount[host]!;
    }
    for (let vm = 0; vm < vms.end; vm++) {
      const host = vms.host[vm]!;
      if (host === NONE) continue;
      const demand = load.vmDemand[vm]!;
      this.demand[host]! += demand;
      this.reserved[host]! += vms.reservation[vm]!;
      const to = vms.migratingTo[vm]!;
      this.settledDemand[to === NONE ? host : to]! += demand;
      if (to === NONE) continue;
      this.demand[to]! += demand;
      this.reserved[to]! += vms.reservation[vm]!;
    }
  }

  /** Plans a VM onto a host. */
  assign(vm: number, to: number): void {
    this.#change(vm, to, 1);
  }

  /** Takes an assignment back. */
  withdraw(vm: number, to: number): void {
    this.#change(vm, to, -1);
  }

  #change(vm: number, to: number, sign: 1 | -1): void {
    const demand = sign * this.load.vmDemand[vm]!;
    const from = this.state.vms.host[vm]!;
    this.demand[to]! += demand;
    this.settledDemand[to]! += demand;
    this.bytes[to]! += sign * this.state.vms.memoryBytes[vm]!;
    this.reserved[to]! += sign * this.state.vms.reservation[vm]!;
    this.vmCount[to]! += sign;
    this.arrivals[to]! += sign;
    if (from === NONE) return;
    this.settledDemand[from]! -= demand;
    this.departures[from]! += sign;
  }

  freeBytes(host: number): number {
    return this.state.hosts.memoryBytes[host]! * (1 - this.#memoryReserve) - this.bytes[host]!;
  }

  /** Share of capacity, with what is to come and before anything leaves. */
  utilisation(host: number): number {
    return this.demand[host]! / this.state.capacity(host);
  }

  settledUtilisation(host: number): number {
    return this.settledDemand[host]! / this.state.capacity(host);
  }

  isEmpty(host: number): boolean {
    return this.vmCount[host] === 0;
  }

  /** VMs that will be there when all that is under way and planned is done. */
  stayingCount(host: number): number {
    return this.vmCount[host]! - this.state.hosts.outgoingCount[host]! - this.departures[host]!;
  }

  /** Whether a VM may go to a host at all: allowed there, not there already, and what it reserves can be kept. */
  accepts(vm: number, host: number): boolean {
    const reservation = this.state.vms.reservation[vm]!;
    if (reservation > 0 && this.reserved[host]! + reservation > this.state.capacity(host)) return false;
    return !this.state.forbidden.has(vm, host, this.state.timeNs) && this.state.vms.host[vm] !== host;
  }

  /** Hosts in a state, least settled utilisation first; ties by name. */
  hostsByLoad(hostState: HostState): number[] {
    const { hosts } = this.state;
    const order: number[] = [];
    for (let host = 0; host < hosts.end; host++) if (hosts.state[host] === hostState) order.push(host);
    if (hostState !== HostState.on) return order.sort((a, b) => this.state.hostRank(a) - this.state.hostRank(b));
    return order.sort(
      (a, b) =>
        this.settledUtilisation(a) - this.settledUtilisation(b) || this.state.hostRank(b) - this.state.hostRank(a),
    );
  }
}

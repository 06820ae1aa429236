// The decision of one step: which VMs move where. After `PowerVmAllocationPolicyMigrationAbstract.optimizeAllocation`: VMs leave over-utilised
// hosts, then the least used hosts are emptied one after the other; all on trial, then everything is put back and the moves
// are returned. Migrations take 28 s at most and steps are 300 s apart, so none is under way here.

import assert from 'node:assert/strict';
import type { Detector } from './detectors.ts';
import { type HostDemand, NO_VM } from './host-demand.ts';
import type { HostTable } from './host-table.ts';
import type { Placement } from './placement.ts';
import { SLOTS_PER_HOST } from './scenario.ts';
import type { Selector } from './selection.ts';
import type { ShareScheduler } from './share-scheduler.ts';
import { NO_HOST, type VmTable } from './vm-table.ts';

/** Moves in the order in which they start: VM, target, VM, target … One VM may be in it twice. */
export type Moves = number[];

export class Optimiser {
  readonly #hosts: HostTable;
  readonly #vms: VmTable;
  readonly #shares: ShareScheduler;
  readonly #demand: HostDemand;
  readonly #placement: Placement;
  readonly #detector: Detector;
  readonly #select: Selector;
  readonly #savedResidents: Int32Array;
  readonly #savedCount: Int32Array;
  readonly #everyHost: Int32Array;
  readonly #isOver: Uint8Array;
  readonly #isExcludedTarget: Uint8Array;
  readonly #isExcludedSource: Uint8Array;

  constructor(
    state: { hosts: HostTable; vms: VmTable; shares: ShareScheduler; demand: HostDemand; placement: Placement },
    detector: Detector,
    select: Selector,
  ) {
    this.#hosts = state.hosts;
    this.#vms = state.vms;
    this.#shares = state.shares;
    this.#demand = state.demand;
    this.#placement = state.placement;
    this.#detector = detector;
    this.#select = select;
    this.#savedResidents = new Int32Array(state.vms.count);
    this.#savedCount = new Int32Array(state.hosts.count);
    this.#everyHost = Int32Array.from({ length: state.hosts.count }, (_, host) => host);
    this.#isOver = new Uint8Array(state.hosts.count);
    this.#isExcludedTarget = new Uint8Array(state.hosts.count);
    this.#isExcludedSource = new Uint8Array(state.hosts.count);
  }

  optimise(): Moves {
    const hosts = this.#hosts;
    for (let host = 0; host < hosts.count; host++) {
      this.#isOver[host] = this.#detector.isOver(this.#demand, host, NO_VM) ? 1 : 0;
    }
    this.#save();
    const moves: Moves = [];
    for (const vm of this.#byDemand(this.#pickFromOver())) {
      const host = this.#placement.find(vm, this.#everyHost, this.#isOver);
      if (host === NO_HOST) continue; // it stays where it is
      this.#put(vm, host);
      moves.push(vm, host);
    }
    this.#emptyUnderUsed(moves);
    this.#restore();
    return moves;
  }

  /** Takes VMs off over-utilised hosts until they are not. Nobody looks at the shares of these hosts again in this step. */
  #pickFromOver(): number[] {
    const hosts = this.#hosts;
    const picked: number[] = [];
    for (let host = 0; host < hosts.count; host++) {
      if (this.#isOver[host] === 0) continue;
      while (hosts.residentCount[host]! > 0) {
        const vm = this.#select(this.#vms, this.#residentsOf(host));
        picked.push(vm);
        hosts.remove(host, vm);
        if (!this.#detector.isOver(this.#demand, host, NO_VM)) break;
      }
    }
    return picked;
  }

  /**
   * Hosts by rising utilisation, but not those that got VMs from others of this loop. (CloudSim means to spare the targets of
   * over-utilised hosts' VMs too, but looks at a list that is still empty.)
   */
  #emptyUnderUsed(moves: Moves): void {
    const { utilization } = this.#hosts;
    const isExcludedSource = this.#isExcludedSource;
    for (let host = 0; host < this.#hosts.count; host++) {
      isExcludedSource[host] = this.#isOver[host] === 1 || utilization[host] === 0 ? 1 : 0;
    }
    this.#isExcludedTarget.set(isExcludedSource);
    const targets = this.#everyHost.filter((host) => isExcludedSource[host] === 0);
    const sources = targets.filter((host) => utilization[host]! < 1);
    sources.sort((a, b) => utilization[a]! - utilization[b]! || a - b);
    for (const host of sources) {
      if (isExcludedSource[host] === 1 || this.#hosts.residentCount[host] === 0) continue;
      isExcludedSource[host] = 1;
      this.#isExcludedTarget[host] = 1;
      this.#emptyHost(host, targets, moves);
    }
  }

  /** All of a host's VMs or none. They stay on its list meanwhile. */
  #emptyHost(source: number, targets: Int32Array, moves: Moves): void {
    const first = moves.length;
    for (const vm of this.#byDemand([...this.#residentsOf(source)])) {
      const host = this.#placement.find(vm, targets, this.#isExcludedTarget);
      if (host === NO_HOST) {
        this.#undo(moves, first);
        return;
      }
      this.#put(vm, host);
      moves.push(vm, host);
    }
    for (let index = first; index < moves.length; index += 2) this.#isExcludedSource[moves[index + 1]!] = 1;
  }

  #undo(moves: Moves, first: number): void {
    for (let index = first; index < moves.length; index += 2) {
      this.#hosts.remove(moves[index + 1]!, moves[index]!);
      this.#shares.settle(moves[index + 1]!);
    }
    moves.length = first;
  }

  #put(vm: number, host: number): void {
    this.#hosts.append(host, vm, 0);
    this.#shares.allocateLast(host);
  }

  /** Falling, stable. */
  #byDemand(vms: number[]): number[] {
    const { requestedMips } = this.#vms;
    return vms.sort((a, b) => requestedMips[b]! - requestedMips[a]!);
  }

  #residentsOf(host: number): Int32Array {
    const start = host * SLOTS_PER_HOST;
    return this.#hosts.residents.subarray(start, start + this.#hosts.residentCount[host]!);
  }

  #save(): void {
    let saved = 0;
    for (let host = 0; host < this.#hosts.count; host++) {
      const residents = this.#residentsOf(host);
      assert(saved + residents.length <= this.#savedResidents.length, 'a VM is on two hosts between migrations');
      this.#savedResidents.set(residents, saved);
      this.#savedCount[host] = residents.length;
      saved += residents.length;
    }
  }

  /** Shares are left as they are: every host is brought up to date before anyone looks at them. */
  #restore(): void {
    const hosts = this.#hosts;
    let saved = 0;
    for (let host = 0; host < hosts.count; host++) {
      const count = this.#savedCount[host]!;
      hosts.replaceResidents(host, this.#savedResidents.subarray(saved, saved + count));
      saved += count;
    }
  }
}

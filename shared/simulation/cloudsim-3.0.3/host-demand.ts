// What the VMs of a host ask for together, now and in the past: the inputs of the detectors. After
// `PowerHostUtilizationHistory`. Sums are kept by host and added up again only when its list changed; with one VM more at the list's end
// a sum needs one addition, which makes trying a VM on a host cheap without changing a bit.

import type { HostTable } from './host-table.ts';
import { SLOTS_PER_HOST } from './scenario.ts';
import { HISTORY_LENGTH, type VmTable } from './vm-table.ts';

const UNKNOWN = -1;
export const NO_VM = -1;

export class HostDemand {
  readonly #hosts: HostTable;
  readonly #vms: VmTable;
  /** How many values of history the detector looks at. */
  readonly #depth: number;
  readonly #knownVersion: Int32Array;
  readonly #requested: Float64Array;
  readonly #history: Float64Array;
  readonly #historyLength: Uint8Array;

  constructor(hosts: HostTable, vms: VmTable, depth: number) {
    this.#hosts = hosts;
    this.#vms = vms;
    this.#depth = depth;
    this.#knownVersion = new Int32Array(hosts.count).fill(UNKNOWN);
    this.#requested = new Float64Array(hosts.count);
    this.#history = new Float64Array(hosts.count * HISTORY_LENGTH);
    this.#historyLength = new Uint8Array(hosts.count);
  }

  /** The VMs' demand has changed. */
  forget(): void {
    this.#knownVersion.fill(UNKNOWN);
  }

  /** Demand over capacity, of a host's VMs and one more (or NO_VM). */
  utilization(host: number, extraVm: number): number {
    this.#know(host);
    let requested = this.#requested[host]!;
    if (extraVm !== NO_VM) requested += this.#vms.requestedMips[extraVm]!;
    return requested / this.#hosts.capacityMips[host]!;
  }

  /** Up to the oldest value that is not zero, and at least 1. */
  historyLength(host: number, extraVm: number): number {
    this.#know(host);
    const extra = extraVm === NO_VM ? 0 : this.#vms.historyLength[extraVm]!;
    return Math.max(1, this.#historyLength[host]!, extra);
  }

  /** Utilisation in the past, newest first. */
  copyHistory(into: Float64Array, host: number, extraVm: number): void {
    this.#know(host);
    const from = host * HISTORY_LENGTH;
    for (let age = 0; age < this.#depth; age++) into[age] = this.#history[from + age]!;
    if (extraVm !== NO_VM) this.#add(into, 0, host, extraVm);
  }

  #know(host: number): void {
    const version = this.#hosts.listVersion[host]!;
    if (this.#knownVersion[host] === version) return;
    this.#knownVersion[host] = version;
    const history = host * HISTORY_LENGTH;
    this.#history.fill(0, history, history + this.#depth);
    const start = host * SLOTS_PER_HOST;
    const end = start + this.#hosts.residentCount[host]!;
    let requested = 0;
    let length = 0;
    for (let slot = start; slot < end; slot++) {
      const vm = this.#hosts.residents[slot]!;
      requested += this.#vms.requestedMips[vm]!;
      if (this.#depth === 0) continue;
      this.#add(this.#history, history, host, vm);
      length = Math.max(length, this.#vms.historyLength[vm]!);
    }
    this.#requested[host] = requested;
    this.#historyLength[host] = length;
  }

  #add(into: Float64Array, at: number, host: number, vm: number): void {
    const capacity = this.#hosts.capacityMips[host]!;
    const mips = this.#vms.mips[vm]!;
    const from = vm * HISTORY_LENGTH;
    for (let age = 0; age < this.#depth; age++) {
      into[at + age]! += (this.#vms.history[from + age]! * mips) / capacity;
    }
  }
}

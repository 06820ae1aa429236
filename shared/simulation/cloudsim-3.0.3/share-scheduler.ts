// How a host divides its MIPS among its VMs. After `VmSchedulerTimeShared` and `VmSchedulerTimeSharedOverSubscription`: a VM that
// migrates out gets 0.9 of its share, one that migrates in takes a tenth, and a host that is asked for more than it has scales everyone down and
// rounds down. The order of additions is CloudSim's.

import type { HostTable } from './host-table.ts';
import { mapHashes, mapOrder } from './java-map-order.ts';
import { SLOTS_PER_HOST } from './scenario.ts';
import type { VmTable } from './vm-table.ts';

const MIGRATING_IN_SHARE = 0.1;
const MIGRATING_OUT_SHARE = 0.9;

/**
 * In which order requests are added up: `map` is CloudSim's own, that of a Java HashMap. `list`, that of the VM list, is the one
 * in which the figures of the variations that CloudSim does not have (idle VMs kept, wake charged) were established.
 */
export type AdditionOrder = 'map' | 'list';

export class ShareScheduler {
  readonly #hosts: HostTable;
  readonly #vms: VmTable;
  readonly #hashes: Int32Array;
  readonly #additionOrder: AdditionOrder;
  readonly #order = new Int32Array(SLOTS_PER_HOST);

  constructor(hosts: HostTable, vms: VmTable, additionOrder: AdditionOrder) {
    this.#hosts = hosts;
    this.#vms = vms;
    this.#hashes = mapHashes(vms.count);
    this.#additionOrder = additionOrder;
  }

  /** Gives the VM at the end of the list its share. */
  allocateLast(host: number): void {
    const hosts = this.#hosts;
    const slot = host * SLOTS_PER_HOST + hosts.residentCount[host]! - 1;
    if (!this.#allocate(host, slot)) this.#rescale(host);
    hosts.sharesChanged(host, 0);
  }

  /** Drops all shares and gives them anew, in list order. */
  allocateAll(host: number): void {
    const hosts = this.#hosts;
    hosts.availableMips[host] = hosts.capacityMips[host]!;
    const start = host * SLOTS_PER_HOST;
    const end = start + hosts.residentCount[host]!;
    let fits = true;
    // Once one did not fit, all are rescaled after the last; the results of the times between are overwritten anyway.
    for (let slot = start; slot < end; slot++) fits = this.#allocate(host, slot) && fits;
    if (!fits) this.#rescale(host);
    hosts.sharesChanged(host, 0);
  }

  /** What is left when a VM has gone: shares are given anew in the order of the map, from the requests on record. */
  settle(host: number): void {
    const hosts = this.#hosts;
    const count = hosts.residentCount[host]!;
    hosts.availableMips[host] = hosts.capacityMips[host]!;
    this.#orderRequests(host, count);
    for (let index = 0; index < count; index++) {
      if (this.#share(host, this.#order[index]!)) continue;
      this.#rescaleInOrder(host, count);
      break;
    }
    hosts.sharesChanged(host, 1);
  }

  /** What creating a VM on a host and destroying it again does to the others. */
  disturb(host: number, vm: number): void {
    const hosts = this.#hosts;
    hosts.migratingOut[host * hosts.vmCount + vm] = 0;
    const reordered = hosts.growBuckets(host, hosts.residentCount[host]! + 1);
    if (hosts.isSettled[host] === 0 || reordered) this.settle(host);
  }

  #allocate(host: number, slot: number): boolean {
    const hosts = this.#hosts;
    const vm = hosts.residents[slot]!;
    const pair = host * hosts.vmCount + vm;
    if (this.#vms.inMigration[vm] === 0) hosts.migratingOut[pair] = 0;
    else if (hosts.migratingIn[slot] === 0) hosts.migratingOut[pair] = 1;
    hosts.requestedMips[slot] = this.#vms.requestedMips[vm]!;
    return this.#share(host, slot);
  }

  #share(host: number, slot: number): boolean {
    const hosts = this.#hosts;
    const capped = Math.min(hosts.requestedMips[slot]!, hosts.peMips[host]!);
    const isIn = hosts.migratingIn[slot] === 1;
    const needed = isIn ? capped * MIGRATING_IN_SHARE : capped;
    if (hosts.availableMips[host]! < needed) return false;
    const isOut = hosts.migratingOut[host * hosts.vmCount + hosts.residents[slot]!] === 1;
    hosts.allocatedMips[slot] = isOut ? capped * MIGRATING_OUT_SHARE : needed;
    hosts.availableMips[host]! -= needed;
    return true;
  }

  #rescale(host: number): void {
    const hosts = this.#hosts;
    const count = hosts.residentCount[host]!;
    this.#orderRequests(host, count);
    this.#rescaleInOrder(host, count);
  }

  #orderRequests(host: number, count: number): void {
    const hosts = this.#hosts;
    // One bucket leaves every slot in its place.
    const buckets = this.#additionOrder === 'map' ? hosts.buckets[host]! : 1;
    mapOrder(this.#order, hosts.residents, host * SLOTS_PER_HOST, count, this.#hashes, buckets);
  }

  #rescaleInOrder(host: number, count: number): void {
    const hosts = this.#hosts;
    const peMips = hosts.peMips[host]!;
    let total = 0;
    for (let index = 0; index < count; index++) {
      const slot = this.#order[index]!;
      const capped = Math.min(hosts.requestedMips[slot]!, peMips);
      total += hosts.migratingIn[slot] === 1 ? capped * MIGRATING_IN_SHARE : capped;
    }
    const scale = hosts.capacityMips[host]! / total;
    const start = host * SLOTS_PER_HOST;
    for (let slot = start; slot < start + count; slot++) {
      const capped = Math.min(hosts.requestedMips[slot]!, peMips);
      const isOut = hosts.migratingOut[host * hosts.vmCount + hosts.residents[slot]!] === 1;
      let share = capped * scale;
      if (isOut) share *= MIGRATING_OUT_SHARE;
      else if (hosts.migratingIn[slot] === 1) share = capped * MIGRATING_IN_SHARE * scale;
      hosts.allocatedMips[slot] = Math.floor(share);
    }
    hosts.availableMips[host] = 0;
  }
}

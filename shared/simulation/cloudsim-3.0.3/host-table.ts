// The hosts as columns: which VMs each holds, what they asked for and were given, and how used the host was at its last update. A host's
// VMs lie in the order of CloudSim's VM list, in a row of fixed width (storage limits it). After `Host`, `HostDynamicWorkload`
// and `PowerHost`; how shares are given is in share-scheduler.ts.

import assert from 'node:assert/strict';
import { wattsOrNaN } from './power-model.ts';
import { HOST_COUNT, HOST_TYPES, hostTypeOf, SLOTS_PER_HOST } from './scenario.ts';

/** Java's HashMap begins with this many buckets and doubles when it is filled to three quarters. */
const FIRST_BUCKETS = 16;

export class HostTable {
  readonly count = HOST_COUNT;
  readonly type = new Uint8Array(HOST_COUNT);
  readonly peMips = new Float64Array(HOST_COUNT);
  readonly capacityMips = new Float64Array(HOST_COUNT);

  /** Rows of SLOTS_PER_HOST: VMs in list order, and by the same position what they asked for and got. */
  readonly residents = new Int32Array(HOST_COUNT * SLOTS_PER_HOST);
  readonly residentCount = new Int32Array(HOST_COUNT);
  readonly requestedMips = new Float64Array(HOST_COUNT * SLOTS_PER_HOST);
  readonly allocatedMips = new Float64Array(HOST_COUNT * SLOTS_PER_HOST);
  readonly migratingIn = new Uint8Array(HOST_COUNT * SLOTS_PER_HOST);
  readonly availableMips = new Float64Array(HOST_COUNT);

  /** By host × VM: counts as migrating out here, even after it has left (CloudSim does not clean that set). */
  readonly migratingOut: Uint8Array;
  readonly vmCount: number;

  /** Buckets of the map of requests; never fewer again. */
  readonly buckets = new Int32Array(HOST_COUNT).fill(FIRST_BUCKETS);
  /** Shares are as a removal leaves them, so that trying another VM here leaves them alone. */
  readonly isSettled = new Uint8Array(HOST_COUNT);
  /** Sum of allocatedMips in list order; NaN when it has to be added up. */
  readonly usedMips = new Float64Array(HOST_COUNT);

  /** As of the last update of the host. */
  readonly utilization = new Float64Array(HOST_COUNT);
  readonly previousUtilization = new Float64Array(HOST_COUNT);
  /** Of these utilisations; NaN where the power model has none. */
  readonly watts = new Float64Array(HOST_COUNT);
  readonly previousWatts = new Float64Array(HOST_COUNT);
  /** Changes of the VM list, for what others keep about it. */
  readonly listVersion = new Int32Array(HOST_COUNT);

  constructor(vmCount: number) {
    this.vmCount = vmCount;
    this.migratingOut = new Uint8Array(HOST_COUNT * vmCount);
    for (let host = 0; host < HOST_COUNT; host++) {
      const type = HOST_TYPES[hostTypeOf(host)]!;
      this.type[host] = hostTypeOf(host);
      this.peMips[host] = type.peMips;
      this.capacityMips[host] = type.capacityMips;
      this.availableMips[host] = type.capacityMips;
      this.watts[host] = wattsOrNaN(hostTypeOf(host), 0);
    }
  }

  isFull(host: number): boolean {
    return this.residentCount[host] === SLOTS_PER_HOST;
  }

  /** The position of a VM in the host's row, -1 when it is not there. */
  positionOf(host: number, vm: number): number {
    const start = host * SLOTS_PER_HOST;
    for (let position = 0; position < this.residentCount[host]!; position++) {
      if (this.residents[start + position] === vm) return position;
    }
    return -1;
  }

  /** Puts a VM at the end of the list, without any share. */
  append(host: number, vm: number, migratingIn: 0 | 1): number {
    assert(!this.isFull(host), `host ${host} is full`);
    const slot = host * SLOTS_PER_HOST + this.residentCount[host]!++;
    this.residents[slot] = vm;
    this.migratingIn[slot] = migratingIn;
    this.requestedMips[slot] = 0;
    this.allocatedMips[slot] = 0;
    this.growBuckets(host, this.residentCount[host]!);
    this.#listChanged(host);
    return slot;
  }

  /** Takes a VM out of the list; shares of the others stay as they were. */
  remove(host: number, vm: number): void {
    const position = this.positionOf(host, vm);
    assert(position >= 0, `VM ${vm} is not on host ${host}`);
    const start = host * SLOTS_PER_HOST;
    const end = start + this.residentCount[host]!;
    for (const row of [this.residents, this.requestedMips, this.allocatedMips, this.migratingIn]) {
      row.copyWithin(start + position, start + position + 1, end);
    }
    this.residentCount[host]!--;
    this.#listChanged(host);
  }

  /** Another list, without shares. */
  replaceResidents(host: number, residents: Int32Array): void {
    const start = host * SLOTS_PER_HOST;
    this.residents.set(residents, start);
    this.migratingIn.fill(0, start, start + residents.length);
    this.residentCount[host] = residents.length;
    this.#listChanged(host);
  }

  /** As if one more VM had been in the map of requests. Answers whether its order may have changed. */
  growBuckets(host: number, size: number): boolean {
    if (size <= this.buckets[host]! * 0.75) return false;
    this.buckets[host]! *= 2;
    return true;
  }

  /** MIPS given to the VMs of a host. */
  used(host: number): number {
    let used = this.usedMips[host]!;
    if (Number.isNaN(used)) {
      used = 0;
      const start = host * SLOTS_PER_HOST;
      const end = start + this.residentCount[host]!;
      for (let slot = start; slot < end; slot++) used += this.allocatedMips[slot]!;
      this.usedMips[host] = used;
    }
    return used;
  }

  sharesChanged(host: number, isSettled: 0 | 1): void {
    this.isSettled[host] = isSettled;
    this.usedMips[host] = Number.NaN;
  }

  #listChanged(host: number): void {
    this.listVersion[host]!++;
    this.sharesChanged(host, 0);
  }
}

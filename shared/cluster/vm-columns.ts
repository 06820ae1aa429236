// VMs as columns, like HostColumns. Each VM is in one list: that of its host, or that of the VMs that are nowhere. CPU figures are
// whole instructions per second, so that the sums kept per host are exact in any order. Only ClusterState writes here.

import { doubled, grown, NONE } from './columns.ts';

/**
 * `pending`: asked for, on no host yet. `starting`: a host was told to start it. `missing`: its host no longer speaks of it.
 * `stopped`: it ended or was stopped; it needs nothing.
 */
export const VmPhase = { free: 0, pending: 1, starting: 2, running: 3, paused: 4, missing: 5, stopped: 6 } as const;
export type VmPhase = (typeof VmPhase)[keyof typeof VmPhase];

export class VmColumns {
  /** Indices in use are below this. */
  end = 0;
  readonly names: string[] = [];
  phase = new Uint8Array(0);
  generation = new Uint32Array(0);
  host = new Int32Array(0);
  next = new Int32Array(0);
  previous = new Int32Array(0);
  epoch = new Float64Array(0);
  memoryBytes = new Float64Array(0);
  /** Instructions per second that it executed, and that it would have executed on a CPU while it waited for one. */
  run = new Float64Array(0);
  steal = new Float64Array(0);
  dirtyBytesPerSecond = new Float64Array(0);
  /** Instructions per second that its host has to keep for it. */
  reservation = new Float64Array(0);
  /** When `run` and `steal` were last measured; NONE before the first time. */
  measuredNs = new Float64Array(0);
  /** 1: may not be moved. */
  pinned = new Uint8Array(0);
  /** Not to be moved before this time: a migration of it failed lately. */
  heldUntilNs = new Float64Array(0);
  /** The only host it may start on, or NONE. */
  startHost = new Int32Array(0);
  /** Where it is being moved to, or NONE. */
  migratingTo = new Int32Array(0);

  reserve(count: number): void {
    if (count <= this.phase.length) return;
    const capacity = doubled(this.phase.length, count);
    this.phase = grown(this.phase, capacity);
    this.generation = grown(this.generation, capacity);
    this.host = grown(this.host, capacity, NONE);
    this.next = grown(this.next, capacity, NONE);
    this.previous = grown(this.previous, capacity, NONE);
    this.epoch = grown(this.epoch, capacity);
    this.memoryBytes = grown(this.memoryBytes, capacity);
    this.run = grown(this.run, capacity);
    this.steal = grown(this.steal, capacity);
    this.dirtyBytesPerSecond = grown(this.dirtyBytesPerSecond, capacity);
    this.reservation = grown(this.reservation, capacity);
    this.measuredNs = grown(this.measuredNs, capacity, NONE);
    this.pinned = grown(this.pinned, capacity);
    this.heldUntilNs = grown(this.heldUntilNs, capacity);
    this.startHost = grown(this.startHost, capacity, NONE);
    this.migratingTo = grown(this.migratingTo, capacity, NONE);
  }

  clear(index: number): void {
    this.names[index] = '';
    this.generation[index] = this.generation[index]! + 1;
    this.phase[index] = VmPhase.free;
    this.host[index] = NONE;
    this.epoch[index] = 0;
    this.run[index] = 0;
    this.steal[index] = 0;
    this.dirtyBytesPerSecond[index] = 0;
    this.reservation[index] = 0;
    this.measuredNs[index] = NONE;
    this.pinned[index] = 0;
    this.heldUntilNs[index] = 0;
    this.startHost[index] = NONE;
    this.migratingTo[index] = NONE;
  }
}

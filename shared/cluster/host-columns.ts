// Hosts as columns: one typed array per field, one index per host (DESIGN, idea 2). Indices stay the same while a host
// exists and are used again after it was removed; `generation` tells the two apart for those who remember by index. Only
// ClusterState writes here.

import { doubled, grown, NONE } from './columns.ts';

/** What a host can be for the scheduler. `lost`: it has not been heard of for too long. */
export const HostState = { free: 0, on: 1, standby: 2, waking: 3, lost: 4 } as const;
export type HostState = (typeof HostState)[keyof typeof HostState];

/** In `powerModel`: not known yet. */
const NO_POWER_MODEL = 0xffff;

export class HostColumns {
  /** Indices in use are below this. */
  end = 0;
  readonly names: string[] = [];
  state = new Uint8Array(0);
  generation = new Uint32Array(0);
  cpus = new Uint16Array(0);
  /** Of one CPU. */
  instructionsPerSecond = new Float64Array(0);
  memoryBytes = new Float64Array(0);
  /** Committed to VMs as the host itself reports it. */
  reportedBytes = new Float64Array(0);
  /** Of all CPUs, 0..1, from telemetry. */
  utilisation = new Float64Array(0);
  wakeDelayNs = new Float64Array(0);
  /** Index into ClusterState's power models. */
  powerModel = new Uint16Array(0);

  /** Head of the list of VMs that are here; the list runs through VmColumns.next. */
  firstVm = new Int32Array(0);
  vmCount = new Int32Array(0);
  incomingCount = new Int32Array(0);
  outgoingCount = new Int32Array(0);
  /** Sums over the VMs that are here. */
  vmBytes = new Float64Array(0);
  run = new Float64Array(0);
  steal = new Float64Array(0);
  /** Sums over the VMs on their way here. */
  incomingBytes = new Float64Array(0);
  incomingRun = new Float64Array(0);
  incomingSteal = new Float64Array(0);

  reserve(count: number): void {
    if (count <= this.state.length) return;
    const capacity = doubled(this.state.length, count);
    this.state = grown(this.state, capacity);
    this.generation = grown(this.generation, capacity);
    this.cpus = grown(this.cpus, capacity);
    this.instructionsPerSecond = grown(this.instructionsPerSecond, capacity);
    this.memoryBytes = grown(this.memoryBytes, capacity);
    this.reportedBytes = grown(this.reportedBytes, capacity);
    this.utilisation = grown(this.utilisation, capacity);
    this.wakeDelayNs = grown(this.wakeDelayNs, capacity);
    this.powerModel = grown(this.powerModel, capacity, NO_POWER_MODEL);
    this.firstVm = grown(this.firstVm, capacity, NONE);
    this.vmCount = grown(this.vmCount, capacity);
    this.incomingCount = grown(this.incomingCount, capacity);
    this.outgoingCount = grown(this.outgoingCount, capacity);
    this.vmBytes = grown(this.vmBytes, capacity);
    this.run = grown(this.run, capacity);
    this.steal = grown(this.steal, capacity);
    this.incomingBytes = grown(this.incomingBytes, capacity);
    this.incomingRun = grown(this.incomingRun, capacity);
    this.incomingSteal = grown(this.incomingSteal, capacity);
  }

  clear(index: number): void {
    this.names[index] = '';
    this.generation[index] = this.generation[index]! + 1;
    this.state[index] = HostState.free;
    this.reportedBytes[index] = 0;
    this.utilisation[index] = 0;
    this.wakeDelayNs[index] = 0;
    this.powerModel[index] = NO_POWER_MODEL;
  }
}

// The VMs as columns: type, demand now, history of demand, where they are. Demand follows `UtilizationModelPlanetLabInMemory`: the sample
// where the clock meets it, linear in between. History follows `PowerVm`: the last 30 values, newest first, kept
// only at clock readings whose distance from 0.1 s is an exact multiple of the interval in doubles.

import { SAMPLES_PER_DAY, type TraceSet } from '../traces/trace-set.ts';
import { INTERVAL_S, SUBMISSION_S, VM_TYPES, vmTypeOf } from './scenario.ts';

export const HISTORY_LENGTH = 30;
export const NO_HOST = -1;

const FRACTIONS = Float64Array.from({ length: 101 }, (_, percent) => percent / 100);

export class VmTable {
  readonly count: number;
  readonly mips: Float64Array;
  readonly ramMb: Float64Array;
  /** Of the VM's own MIPS, at the last update. */
  readonly utilization: Float64Array;
  readonly requestedMips: Float64Array;
  /** HISTORY_LENGTH values for each VM, newest first. */
  readonly history: Float64Array;
  /** Up to the oldest value that is not zero. */
  readonly historyLength: Uint8Array;
  /** How many values each VM has, zero ones too. */
  recorded = 0;
  readonly inMigration: Uint8Array;
  readonly hostOf: Int32Array;
  readonly #samples: Uint8Array;
  #live: Int32Array;
  #updatedAt = 0;

  constructor(traces: TraceSet) {
    const count = traces.names.length;
    this.count = count;
    this.#samples = traces.samples;
    this.mips = new Float64Array(count);
    this.ramMb = new Float64Array(count);
    for (let vm = 0; vm < count; vm++) {
      const type = VM_TYPES[vmTypeOf(vm, count)]!;
      this.mips[vm] = type.mips;
      this.ramMb[vm] = type.ramMb;
    }
    this.utilization = new Float64Array(count);
    this.requestedMips = new Float64Array(count);
    this.history = new Float64Array(count * HISTORY_LENGTH);
    this.historyLength = new Uint8Array(count);
    this.inMigration = new Uint8Array(count);
    this.hostOf = new Int32Array(count).fill(NO_HOST);
    this.#live = Int32Array.from({ length: count }, (_, vm) => vm);
  }

  /** Demand at a time. Every VM that still runs is on some host, so all of them are brought up to date at once. */
  advance(time: number): void {
    if (time === this.#updatedAt) return;
    this.#updatedAt = time;
    const keeps = (time - SUBMISSION_S) % INTERVAL_S === 0;
    const below = Math.floor(time / INTERVAL_S);
    const above = Math.ceil(time / INTERVAL_S);
    const meetsSample = time % INTERVAL_S === 0;
    for (const vm of this.#live) {
      const from = this.#sample(vm, below);
      const utilization = meetsSample
        ? from
        : from + ((this.#sample(vm, above) - from) / ((above - below) * INTERVAL_S)) * (time - below * INTERVAL_S);
      this.utilization[vm] = utilization;
      this.requestedMips[vm] = utilization * this.mips[vm]!;
      if (keeps) this.#keep(vm, utilization);
    }
    if (keeps) this.recorded = Math.min(this.recorded + 1, HISTORY_LENGTH);
  }

  /** Its work is done; it never comes back. */
  retire(vm: number): void {
    this.hostOf[vm] = NO_HOST;
    this.#live = this.#live.filter((each) => each !== vm);
  }

  #sample(vm: number, index: number): number {
    return FRACTIONS[this.#samples[vm * SAMPLES_PER_DAY + Math.min(index, SAMPLES_PER_DAY - 1)]!]!;
  }

  #keep(vm: number, utilization: number): void {
    const { history } = this;
    const newest = vm * HISTORY_LENGTH;
    let length = utilization === 0 ? 0 : 1;
    for (let age = HISTORY_LENGTH - 1; age > 0; age--) {
      const value = history[newest + age - 1]!;
      history[newest + age] = value;
      if (value !== 0 && length < age + 1) length = age + 1;
    }
    history[newest] = utilization;
    this.historyLength[vm] = length;
  }
}

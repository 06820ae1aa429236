// The CPU demand of many VMs over a day, as one block of bytes: percent of each VM's own CPU, 288 samples of 5 minutes each. The VMs'
// order is part of the set, because VM types follow it, and with them the results of CloudSim's experiments.

import assert from 'node:assert/strict';

export const SAMPLES_PER_DAY = 288;

export interface TraceSet {
  readonly names: readonly string[];
  /** Percent, VM after VM, SAMPLES_PER_DAY each. */
  readonly samples: Uint8Array;
}

export interface Trace {
  readonly name: string;
  readonly samples: Uint8Array;
}

export function traceSetOf(traces: readonly Trace[]): TraceSet {
  const samples = new Uint8Array(traces.length * SAMPLES_PER_DAY);
  for (const [index, trace] of traces.entries()) {
    assert(trace.samples.length === SAMPLES_PER_DAY, `${trace.name} has ${trace.samples.length} samples`);
    samples.set(trace.samples, index * SAMPLES_PER_DAY);
  }
  return { names: traces.map(({ name }) => name), samples };
}

// Expects what each VM will ask for, from what it asked for: the stage "forecast" of the scheduler. Demand is what a VM executed and
// what it would have executed while it waited for a CPU. The figures of the last intervals are the memory; they are
// columns by VM index like the state's, and a VM that takes over an index starts without a past.

import { type ClusterState, grown, NONE, VmPhase } from '../../cluster/mod.ts';
import type { ForecastArguments } from './arguments.ts';

/** Expected demand in instructions per second, by VM index. */
export interface Load {
  readonly vmDemand: Float64Array;
}

// A host that was busy for this share of the time had no idle time worth the name. Chosen: telemetry is exact, but
// a host that wakes from idle loses a little of each interval.
const SATURATED = 0.98;

export class ForecastMemory {
  /** `intervals` samples per VM, one after the other. */
  samples = new Float64Array(0);
  intervals = 0;
  average = new Float64Array(0);
  sampleCount = new Uint32Array(0);
  generation = new Uint32Array(0);
  measuredNs = new Float64Array(0);
  expected = new Float64Array(0);
}

export function forecast(
  state: ClusterState,
  memory: ForecastMemory,
  parameters: ForecastArguments,
): { load: Load; memory: ForecastMemory } {
  fitTo(state, memory, parameters.forecastIntervals);
  const { vms } = state;
  const unmeasured = Math.floor(parameters.newVmCpus * fastestCpu(state));
  for (let vm = 0; vm < vms.end; vm++) {
    const phase = vms.phase[vm]!;
    if (phase === VmPhase.free || phase === VmPhase.stopped) {
      memory.expected[vm] = 0;
      continue;
    }
    if (memory.generation[vm] !== vms.generation[vm]) forget(memory, vm, vms.generation[vm]!);
    const measuredNs = vms.measuredNs[vm]!;
    if (measuredNs === NONE) {
      memory.expected[vm] = unmeasured;
    } else if (measuredNs !== memory.measuredNs[vm] || memory.sampleCount[vm] === 0) {
      memory.measuredNs[vm] = measuredNs;
      memory.expected[vm] = remember(memory, vm, demandOf(state, vm, parameters), parameters);
    }
  }
  return { load: { vmDemand: memory.expected }, memory };
}

function demandOf(state: ClusterState, vm: number, parameters: ForecastArguments): number {
  const { vms, hosts } = state;
  const host = vms.host[vm]!;
  const stealCounts = parameters.countSteal === 'always' || (host !== NONE && hosts.utilisation[host]! >= SATURATED);
  return vms.run[vm]! + (stealCounts ? vms.steal[vm]! : 0);
}

function remember(memory: ForecastMemory, vm: number, demand: number, parameters: ForecastArguments): number {
  const { forecastIntervals: length, forecastAlpha: alpha } = parameters;
  const count = memory.sampleCount[vm]!;
  const first = vm * length;
  memory.samples[first + (count % length)] = demand;
  memory.average[vm] = count === 0 ? demand : alpha * demand + (1 - alpha) * memory.average[vm]!;
  memory.sampleCount[vm] = count + 1;
  switch (parameters.forecast) {
    case 'last':
      return demand;
    case 'ewma':
      // Whole instructions, like the state's: sums are then exact in any order.
      return Math.round(memory.average[vm]!);
    case 'maximum': {
      let most = 0;
      const held = Math.min(count + 1, length);
      for (let slot = first; slot < first + held; slot++) most = Math.max(most, memory.samples[slot]!);
      return most;
    }
  }
}

function forget(memory: ForecastMemory, vm: number, generation: number): void {
  memory.generation[vm] = generation;
  memory.sampleCount[vm] = 0;
  memory.measuredNs[vm] = NONE;
}

function fitTo(state: ClusterState, memory: ForecastMemory, intervals: number): void {
  const capacity = state.vms.phase.length;
  if (memory.intervals !== intervals) {
    memory.intervals = intervals;
    memory.samples = new Float64Array(capacity * intervals);
    memory.sampleCount.fill(0);
  }
  if (memory.expected.length >= state.vms.end) return;
  memory.samples = grown(memory.samples, capacity * intervals);
  memory.average = grown(memory.average, capacity);
  memory.sampleCount = grown(memory.sampleCount, capacity);
  memory.generation = grown(memory.generation, capacity);
  memory.measuredNs = grown(memory.measuredNs, capacity, NONE);
  memory.expected = grown(memory.expected, capacity);
}

function fastestCpu(state: ClusterState): number {
  let fastest = 0;
  for (const host = state.hostCursor(); host.next(); ) fastest = Math.max(fastest, host.instructionsPerSecond);
  return fastest;
}

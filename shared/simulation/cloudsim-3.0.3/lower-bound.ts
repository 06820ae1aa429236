// The least energy that the traces' work can take in this scenario, whatever the policy: all demand as a fluid on G5 hosts at full load. Demand
// is what the steps see, linear in between, and a VM's work ends at the first step that finds it without demand, unless
// idle VMs are kept. It depends on traces and their order only, so results of different policies stand beside the same bound.

import type { TraceSet } from '../traces/trace-set.ts';
import { BEST_WATTS_PER_MIPS } from './power-model.ts';
import { FIRST_STEP_S, HORIZON_S, INTERVAL_S } from './scenario.ts';
import { VmTable } from './vm-table.ts';

const WATT_SECONDS_PER_KWH = 3600 * 1000;

export function fluidLowerBoundKwh(traces: TraceSet, keepIdle: boolean): number {
  const vms = new VmTable(traces);
  const before = new Float64Array(vms.count);
  const isFinished = new Uint8Array(vms.count);
  let mipsSeconds = 0;
  for (let time = FIRST_STEP_S; time < HORIZON_S; time += INTERVAL_S) {
    vms.advance(time);
    for (let vm = 0; vm < vms.count; vm++) {
      const requested = vms.requestedMips[vm]!;
      if (time > FIRST_STEP_S && isFinished[vm] === 0) mipsSeconds += ((before[vm]! + requested) / 2) * INTERVAL_S;
      before[vm] = requested;
      if (requested === 0 && !keepIdle) isFinished[vm] = 1;
    }
  }
  return (mipsSeconds * BEST_WATTS_PER_MIPS) / WATT_SECONDS_PER_KWH;
}

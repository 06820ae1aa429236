// A run of the model and its figures, as CloudSim's `Helper.printResults` has them, with honest ones beside them: unserved
// CPU-seconds, the mean number of active hosts, and the least energy that this much work could have taken.

import type { TraceSet } from '../traces/trace-set.ts';
import { Datacenter } from './datacenter.ts';
import type { EventListener } from './events.ts';
import { fluidLowerBoundKwh } from './lower-bound.ts';
import type { CloudSimPolicy } from './policy.ts';
import type { VmLedger } from './vm-ledger.ts';

const WATT_SECONDS_PER_KWH = 3600 * 1000;

export interface SimulationOptions {
  readonly policy: CloudSimPolicy;
  readonly keepIdle?: boolean;
  readonly listener?: EventListener;
}

export interface SimulationResult {
  readonly vms: number;
  readonly hosts: number;
  readonly energyKwh: number;
  readonly migrations: number;
  /** SLATAH × PDM. */
  readonly slavPercent: number;
  /** Performance degradation by migration. */
  readonly pdmPercent: number;
  /** Time in which active hosts gave less than was asked for, migrations' accounting included. */
  readonly slatahPercent: number;
  /** Energy in kWh × SLAV as a fraction. */
  readonly esv: number;
  readonly overallSlaViolationPercent: number;
  readonly averageSlaViolationPercent: number;
  readonly hostShutdowns: number;
  /** Asked for and not given, in seconds of the VM's own CPU. */
  readonly unservedCpuSeconds: number;
  /** Hosts with load, over time. */
  readonly meanActiveHosts: number;
  /** The same work, divided at will, on G5 hosts at full load. */
  readonly lowerBoundKwh: number;
}

/** Throws SIMULATION_NO_ROOM, SIMULATION_HOST_FULL and SIMULATION_OVERLOAD. */
export function simulateCloudSim(traces: TraceSet, options: SimulationOptions): SimulationResult {
  const { policy, keepIdle = false, listener = null } = options;
  const datacenter = new Datacenter(traces, { policy, keepIdle, listener });
  datacenter.run();
  const { hostLedger, vmLedger } = datacenter;
  const requested = sum(vmLedger.requestedMipsSeconds);
  const pdm = ratio(sum(vmLedger.migrationLossMipsSeconds), requested);
  const activeSeconds = sum(hostLedger.activeSeconds);
  const slatah = ratio(sum(hostLedger.violatingSeconds), activeSeconds);
  const energyKwh = datacenter.wattSeconds / WATT_SECONDS_PER_KWH;
  return {
    vms: datacenter.vms.count,
    hosts: datacenter.hosts.count,
    energyKwh,
    migrations: datacenter.migrations,
    slavPercent: slatah * pdm * 100,
    pdmPercent: pdm * 100,
    slatahPercent: slatah * 100,
    esv: energyKwh * slatah * pdm,
    overallSlaViolationPercent: ratio(requested - sum(vmLedger.allocatedMipsSeconds), requested) * 100,
    averageSlaViolationPercent: ratio(vmLedger.violationSum, vmLedger.violationCount) * 100,
    hostShutdowns: hostLedger.shutdowns,
    unservedCpuSeconds: unserved(vmLedger, datacenter.vms.mips),
    meanActiveHosts: ratio(activeSeconds, hostLedger.time - hostLedger.firstTime),
    lowerBoundKwh: fluidLowerBoundKwh(traces, keepIdle),
  };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** No work has no violations. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function unserved(ledger: VmLedger, mips: Float64Array): number {
  return ledger.unservedMipsSeconds.reduce((total, lost, vm) => total + lost / mips[vm]!, 0);
}

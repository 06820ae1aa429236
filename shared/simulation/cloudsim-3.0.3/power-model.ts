// Watts of a host at a utilisation: SPECpower tables of two servers, linear in between. After `PowerModelSpecPower` and its tables for
// the HP ProLiant ML110 G4 and G5. CloudSim takes the table's value where `u % 0.1 == 0`; that holds in doubles for 0, 0.1,
// 0.2, 0.4 and 0.8 only, where the interpolation below gives the same value, so that branch needs no code.

import { simulationErrors } from '../errors.ts';

const WATTS: readonly Float64Array[] = [
  Float64Array.of(86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117),
  Float64Array.of(93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135),
];

export const PEAK_WATTS = WATTS.map((watts) => watts[10]!);

/** The least energy for work in these tables: a G5 at full load. */
export const BEST_WATTS_PER_MIPS = 135 / 5320;

/** NaN where the table ends (above 1). */
export function wattsOrNaN(hostType: number, utilization: number): number {
  if (!(utilization >= 0 && utilization <= 1)) return Number.NaN;
  const table = WATTS[hostType]!;
  const below = Math.floor(utilization * 10);
  const watts = table[below]!;
  const delta = (table[Math.ceil(utilization * 10)]! - watts) / 10;
  return watts + delta * (utilization - below / 10) * 100;
}

/** What `wattsOrNaN` gave, or SIMULATION_OVERLOAD. */
export function knownWatts(watts: number, utilization: number): number {
  if (Number.isNaN(watts)) throw simulationErrors.create('SIMULATION_OVERLOAD', { utilization });
  return watts;
}

// Which VM leaves an over-utilised host first? After `PowerVmSelectionPolicyMinimumMigrationTime`, `…MinimumUtilization`, `…RandomSelection`
// and `…MaximumCorrelation`. CloudSim's random one takes a new unseeded generator for every choice; ours has a seed,
// so that a run can be repeated, and agrees with CloudSim as a distribution.

import type { Random } from '../../runtime/mod.ts';
import { coefficientOfDetermination } from './multiple-regression.ts';
import { HISTORY_LENGTH, type VmTable } from './vm-table.ts';

export type SelectorName = 'mmt' | 'mc' | 'mu' | 'rs';

/** Takes one of a host's VMs (in list order, at least one). All of them may be taken: no migration is under way then. */
export type Selector = (vms: VmTable, residents: Int32Array) => number;

export function createSelector(name: SelectorName, random: Random): Selector {
  switch (name) {
    case 'mmt':
      return leastMemory;
    case 'mu':
      return (vms, residents) => least(residents, (vm) => vms.requestedMips[vm]! / vms.mips[vm]!);
    case 'rs':
      return (_, residents) => residents[random.below(residents.length)]!;
    case 'mc':
      return maximumCorrelation;
  }
}

const leastMemory: Selector = (vms, residents) => least(residents, (vm) => vms.ramMb[vm]!);

/** The first among equals. */
function least(residents: Int32Array, measure: (vm: number) => number): number {
  let chosen = residents[0]!;
  for (const vm of residents) if (measure(vm) < measure(chosen)) chosen = vm;
  return chosen;
}

/** The VM whose load the others explain best. */
const maximumCorrelation: Selector = (vms, residents) => {
  const series = [...residents].map((vm) => vms.history.subarray(vm * HISTORY_LENGTH, (vm + 1) * HISTORY_LENGTH));
  let chosen = 0;
  let highest = Number.MIN_VALUE;
  for (let index = 0; index < residents.length; index++) {
    const determination = coefficientOfDetermination(series, index, vms.recorded);
    // One failure makes all of them void.
    if (determination === null) return leastMemory(vms, residents);
    if (determination > highest) {
      highest = determination;
      chosen = index;
    }
  }
  return residents[chosen]!;
};

// Empties hosts that are hardly used, so that they can be switched off: the least loaded first, and only when all VMs of a host fit
// on hosts that are in use and stay below the target. The fullest hosts are filled first. A host must have been under-used
// for some intervals, and a plan never empties a host that it also fills.

import { compareNames, HostState } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import { Placer } from '../placer.ts';
import type { Plan } from '../plan.ts';
import type { Streaks } from '../streaks.ts';
import type { EvacuationArguments } from './arguments.ts';

export interface UnderUsedHost {
  readonly host: number;
  readonly utilisation: number;
  readonly intervals: number;
}

/** The least loaded first. Call it once per interval, before anything is planned. */
export function underUsedHosts(ledger: Ledger, memory: Streaks, parameters: EvacuationArguments): UnderUsedHost[] {
  const { state } = ledger;
  const underUsed: UnderUsedHost[] = [];
  for (const host of ledger.hostsByLoad(HostState.on)) {
    const utilisation = ledger.settledUtilisation(host);
    const isInUse = state.hosts.vmCount[host]! > state.hosts.outgoingCount[host]!;
    const intervals = memory.note(state, host, isInUse && utilisation < parameters.underThreshold);
    if (isInUse && intervals >= parameters.underIntervals) underUsed.push({ host, utilisation, intervals });
  }
  return underUsed;
}

export function evacuateUnderUsed(
  ledger: Ledger,
  plan: Plan,
  underUsed: readonly UnderUsedHost[],
  parameters: EvacuationArguments & { readonly targetThreshold: number },
): void {
  if (underUsed.length === 0) return;
  const { state } = ledger;
  const inUse = ledger
    .hostsByLoad(HostState.on)
    .reverse()
    .filter((host) => !ledger.isEmpty(host));
  const placer = new Placer(ledger, inUse, parameters.targetThreshold);
  for (const { host, utilisation, intervals } of underUsed) {
    if (state.hosts.incomingCount[host]! > 0 || ledger.arrivals[host]! > 0) continue;
    const vms = vmsToMove(ledger, host);
    if (vms === undefined) continue;
    placer.close(host);
    const destinations = placeAll(placer, vms);
    if (destinations === undefined) {
      placer.open(host);
      continue;
    }
    for (const [index, vm] of vms.entries()) {
      const to = destinations[index]!;
      const reason = {
        kind: 'under-used',
        host,
        utilisation,
        threshold: parameters.underThreshold,
        intervals,
        vmCount: vms.length,
        to,
        utilisationAfter: placer.utilisationWith(to),
      } as const;
      plan.moves.push({ kind: 'migrate', vm, from: host, to, reason });
    }
  }
}

/** All that stays here otherwise, the largest first; undefined when some of it cannot be moved or was never measured. */
function vmsToMove(ledger: Ledger, host: number): number[] | undefined {
  const { state, load } = ledger;
  const vms: number[] = [];
  for (const vm = state.vmCursor().on(host); vm.next(); ) {
    if (vm.migratingTo >= 0) continue;
    if (!vm.isMovable || vm.measuredNs < 0) return undefined;
    vms.push(vm.index);
  }
  return vms.sort(
    (a, b) =>
      load.vmDemand[b]! - load.vmDemand[a]! ||
      state.vms.memoryBytes[b]! - state.vms.memoryBytes[a]! ||
      compareNames(state.vms.names[a]!, state.vms.names[b]!),
  );
}

/** A host below the target for every VM, or nothing at all. */
function placeAll(placer: Placer, vms: readonly number[]): number[] | undefined {
  const destinations: number[] = [];
  for (const vm of vms) {
    const placement = placer.belowTarget(vm);
    if (placement === undefined) {
      destinations.forEach((host, index) => {
        placer.withdraw(vms[index]!, host);
      });
      return undefined;
    }
    placer.assign(vm, placement.host);
    destinations.push(placement.host);
  }
  return destinations;
}

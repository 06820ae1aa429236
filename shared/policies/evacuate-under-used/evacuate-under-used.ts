// Empties hosts that are hardly used, so that they can be switched off: the least loaded first, and only when all VMs of a host fit
// on hosts that are in use and stay below the target. The fullest hosts are filled first. A host must have been under-used
// for some intervals, and a plan never empties a host that it also fills. What has begun is carried on with the same destinations:
// limits let only part of a plan through at a time, and half of one plan followed by half of another would move VMs in circles.

import { compareNames, grown, HostState, NONE } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import { Placer } from '../placer.ts';
import type { Plan } from '../plan.ts';
import { Streaks } from '../streaks.ts';
import type { EvacuationArguments } from './arguments.ts';

export interface UnderUsedHost {
  readonly host: number;
  readonly utilisation: number;
  readonly intervals: number;
}

// Chosen: no more hosts are begun when so many moves are planned for each that may be under way. Most of them would be planned anew before
// their turn comes, and in a cluster of a million VMs that takes seconds.
const MOVES_PER_MIGRATION_MAX = 4;

export class EvacuationMemory {
  readonly streaks = new Streaks();
  /** Hosts that are being emptied, and by VM where those of such a host are to go. */
  readonly leaving = new Set<number>();
  plannedTo = new Int32Array(0);
}

/** The least loaded first. Call it once per interval, before anything is planned. */
export function underUsedHosts(
  ledger: Ledger,
  memory: EvacuationMemory,
  parameters: EvacuationArguments,
): UnderUsedHost[] {
  const { state } = ledger;
  const underUsed: UnderUsedHost[] = [];
  for (const host of ledger.hostsByLoad(HostState.on)) {
    const utilisation = ledger.settledUtilisation(host);
    const isUnderUsed = ledger.stayingCount(host) > 0 && utilisation < parameters.underThreshold;
    const intervals = memory.streaks.note(state, host, isUnderUsed);
    if (isUnderUsed && intervals >= parameters.underIntervals) underUsed.push({ host, utilisation, intervals });
  }
  return underUsed;
}

export function evacuateUnderUsed(
  ledger: Ledger,
  plan: Plan,
  underUsed: readonly UnderUsedHost[],
  memory: EvacuationMemory,
  parameters: EvacuationArguments & { readonly targetThreshold: number; readonly migrationsMax: number },
): void {
  const { leaving } = memory;
  const begun = underUsed.filter(({ host }) => leaving.has(host));
  leaving.clear();
  for (const { host } of begun) leaving.add(host);
  if (underUsed.length === 0) return;
  if (memory.plannedTo.length < ledger.state.vms.end) {
    memory.plannedTo = grown(memory.plannedTo, ledger.state.vms.phase.length, NONE);
  }
  const inUse = ledger.hostsByLoad(HostState.on).filter((host) => ledger.stayingCount(host) > 0);
  const placer = new Placer(ledger, inUse.reverse(), parameters.targetThreshold);
  for (const host of leaving) placer.close(host);
  const movesMax = MOVES_PER_MIGRATION_MAX * parameters.migrationsMax;
  for (const host of [...begun, ...underUsed.filter(({ host }) => !leaving.has(host))]) {
    if (plan.moves.length >= movesMax && !leaving.has(host.host)) break;
    if (evacuate(ledger, plan, placer, host, memory, parameters.underThreshold)) {
      leaving.add(host.host);
    } else {
      leaving.delete(host.host);
      placer.open(host.host);
    }
  }
}

/** Plans all VMs of a host elsewhere, or none. */
function evacuate(
  ledger: Ledger,
  plan: Plan,
  placer: Placer,
  { host, utilisation, intervals }: UnderUsedHost,
  memory: EvacuationMemory,
  threshold: number,
): boolean {
  if (ledger.state.hosts.incomingCount[host]! > 0 || ledger.arrivals[host]! > 0) return false;
  const vms = vmsToMove(ledger, host);
  if (vms === undefined) return false;
  placer.close(host);
  const hints = memory.leaving.has(host) ? memory.plannedTo : undefined;
  const destinations = placeAll(placer, vms, hints);
  if (destinations === undefined) return false;
  const vmCount = vms.length;
  for (const [index, vm] of vms.entries()) {
    const to = destinations[index]!;
    memory.plannedTo[vm] = to;
    const utilisationAfter = placer.utilisationWith(to);
    const figures = { host, utilisation, threshold, intervals, vmCount, to, utilisationAfter };
    plan.moves.push({ kind: 'migrate', vm, from: host, to, reason: { kind: 'under-used', ...figures } });
  }
  return true;
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

/** A host below the target for every VM, the one planned before if it still has room; or nothing at all. */
function placeAll(placer: Placer, vms: readonly number[], hints: Int32Array | undefined): number[] | undefined {
  const destinations: number[] = [];
  for (const vm of vms) {
    const hint = hints?.[vm] ?? NONE;
    const to = hint !== NONE && placer.hasRoom(vm, hint) ? hint : placer.belowTarget(vm)?.host;
    if (to === undefined) {
      destinations.forEach((host, index) => {
        placer.withdraw(vms[index]!, host);
      });
      return undefined;
    }
    placer.assign(vm, to);
    destinations.push(to);
  }
  return destinations;
}

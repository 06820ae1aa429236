// Mitigates hot spots as Sandpiper does (Wood, Shenoy, Venkataramani, Yousif: "Black-box and Gray-box Strategies for Virtual Machine
// Migration", NSDI 2007): a host is hot when it exceeds the threshold now and did in k of the last n intervals, so that a spike moves nothing;
// the hottest host is relieved first, and of its VMs the one with the most volume per byte moves first, to the coolest host that takes it.
// Memory is reserved here and never overcommitted, so volume is of CPU alone. The paper's swaps of two VMs are left out. On a host that
// gives less than is asked for, VMs wait for each other and each seems to ask for more than it needs: there one VM goes at a time, and
// then the host has to prove hot anew.

import { compareNames, HostState } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import { type MigrationLimitArguments, MigrationSlots } from '../migration-limits/mod.ts';
import { type Placement, Placer } from '../placer.ts';
import type { Plan } from '../plan.ts';
import { worstFit } from '../worst-fit/mod.ts';
import type { HotSpotArguments } from './arguments.ts';
import type { HotHistory } from './hot-history.ts';

export interface HotSpot {
  readonly host: number;
  readonly utilisation: number;
  readonly intervals: number;
}

/** A VM that fills its host has infinite volume; this keeps figures comparable. */
const SHARE_MAX = 0.99;

// Chosen: a host that is too busy as well must be better by this much, or noise would move VMs to and fro.
const BETTER_BY = 0.1;

/** The hottest first. Call it once per interval, before anything is planned. */
export function hotSpots(ledger: Ledger, memory: HotHistory, parameters: HotSpotArguments): HotSpot[] {
  const { state } = ledger;
  const hot: HotSpot[] = [];
  for (const cursor = state.hostCursor(); cursor.next(); ) {
    const host = cursor.index;
    const utilisation = cursor.state === HostState.on ? ledger.settledUtilisation(host) : 0;
    const isHot = utilisation > parameters.hotThreshold;
    const intervals = memory.note(state, host, isHot, parameters.hotWindow);
    if (isHot && intervals >= parameters.hotIntervals) hot.push({ host, utilisation, intervals });
  }
  return hot.sort((a, b) => b.utilisation - a.utilisation || state.hostRank(a.host) - state.hostRank(b.host));
}

/** Takes VMs off each hot spot until it is at the target, or until no other host has room for what is left. Plans what may begin now. */
export function relieveHotSpots(
  ledger: Ledger,
  plan: Plan,
  hot: readonly HotSpot[],
  memory: HotHistory,
  parameters: HotSpotArguments & MigrationLimitArguments & { readonly targetThreshold: number },
): void {
  if (hot.length === 0) return;
  const { targetThreshold: target, hotThreshold: threshold, hotWindow: window } = parameters;
  // What is just above the threshold is no place to go, even before it counts as a hot spot.
  const cool = ledger.hostsByLoad(HostState.on).filter((host) => ledger.settledUtilisation(host) <= threshold);
  const placer = new Placer(ledger, cool, target, worstFit(ledger, cool, 'cpu'));
  const slots = new MigrationSlots(ledger.state, parameters);
  for (const { host, utilisation, intervals } of hot) {
    for (const vm of vmsByVolume(ledger, host)) {
      if (ledger.settledUtilisation(host) <= target || ledger.stayingCount(host) <= 1) break;
      const placement = placer.belowTarget(vm) ?? lessBusy(ledger, placer, vm, host, threshold);
      if (placement === undefined || !slots.take(host, placement.host)) continue;
      const { host: to, how } = placement;
      placer.assign(vm, to);
      const utilisationAfter = placer.utilisationWith(to);
      const figures = { host, utilisation, threshold, intervals, window, to, utilisationAfter, how };
      plan.moves.push({ kind: 'migrate', vm, from: host, to, reason: { kind: 'hot-spot', ...figures } });
      memory.forget(host);
      if (utilisation > 1) break;
    }
  }
}

/** If no host stays below the target: one that does not become hot itself, or is clearly better than where the VM is. */
function lessBusy(ledger: Ledger, placer: Placer, vm: number, from: number, threshold: number): Placement | undefined {
  const placement = placer.leastLoaded(vm);
  if (placement === undefined) return undefined;
  const { host } = placement;
  const after = (ledger.demand[host]! + ledger.load.vmDemand[vm]!) / ledger.state.capacity(host);
  return after <= threshold || after < ledger.settledUtilisation(from) - BETTER_BY ? placement : undefined;
}

/** Those that may be moved and ask for anything, the most volume per byte first. */
function vmsByVolume(ledger: Ledger, host: number): number[] {
  const { state, load } = ledger;
  const movable: number[] = [];
  for (const vm = state.vmCursor().on(host); vm.next(); ) {
    if (vm.isMovable && load.vmDemand[vm.index]! > 0) movable.push(vm.index);
  }
  const density = (vm: number) => {
    const share = Math.min(SHARE_MAX, load.vmDemand[vm]! / state.capacity(host));
    // Volume above that of an idle VM: a small VM is not worth moving for being small.
    return (1 / (1 - share) - 1) / state.vms.memoryBytes[vm]!;
  };
  return movable.sort((a, b) => density(b) - density(a) || compareNames(state.vms.names[a]!, state.vms.names[b]!));
}

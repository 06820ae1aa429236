// Takes VMs off overloaded hosts until these are at the target again: those with the least memory first, because they move
// fastest (minimum migration time, Beloglazov and Buyya 2012). They go to the least loaded hosts that stay below the target;
// when these do not suffice, hosts are woken first, as many as needed. With none left to wake, a busier host will do
// if it stays below the overload threshold, or clearly less loaded than the one that is left.

import { compareNames, HostState } from '../../cluster/mod.ts';
import type { Fit } from '../action.ts';
import type { Ledger } from '../ledger.ts';
import { type Placement, Placer } from '../placer.ts';
import type { Plan } from '../plan.ts';
import type { OverloadedHost } from '../static-threshold/mod.ts';

export interface ReliefArguments {
  readonly overThreshold: number;
  readonly targetThreshold: number;
}

// Chosen: a move between two overloaded hosts must make this much of a difference, or noise would move VMs to and fro.
const BALANCE_MARGIN = 0.1;

export function relieveOverloaded(
  ledger: Ledger,
  plan: Plan,
  overloaded: readonly OverloadedHost[],
  parameters: ReliefArguments,
): void {
  if (overloaded.length === 0) return;
  const order = [
    ...ledger.hostsByLoad(HostState.on),
    ...ledger.hostsByLoad(HostState.waking),
    ...ledger.hostsByLoad(HostState.standby),
  ];
  const placer = new Placer(ledger, order, parameters.targetThreshold);
  for (const { host } of overloaded) placer.close(host);
  for (const host of overloaded) relieve(ledger, plan, placer, host, overloaded, parameters);
}

function relieve(
  ledger: Ledger,
  plan: Plan,
  placer: Placer,
  { host, utilisation, intervals }: OverloadedHost,
  overloaded: readonly OverloadedHost[],
  parameters: ReliefArguments,
): void {
  const { state } = ledger;
  const { targetThreshold: target, overThreshold: threshold } = parameters;
  const asleep = new Set<number>();
  let vmCount = 0;
  for (const vm of vmsToMove(ledger, host)) {
    if (ledger.settledUtilisation(host) <= target || ledger.stayingCount(host) <= 1) break;
    const placement =
      placer.belowTarget(vm) ?? placer.alone(vm) ?? busierHost(ledger, placer, vm, host, overloaded, threshold);
    if (placement === undefined) continue;
    const to = placement.host;
    placer.assign(vm, to);
    if (state.hosts.state[to] === HostState.on) {
      const utilisationAfter = placer.utilisationWith(to);
      const { how } = placement;
      const reason = {
        kind: 'overloaded',
        host,
        utilisation,
        threshold,
        intervals,
        to,
        utilisationAfter,
        how,
      } as const;
      plan.moves.push({ kind: 'migrate', vm, from: host, to, reason });
      continue;
    }
    vmCount += 1;
    asleep.add(to);
  }
  for (const to of asleep) {
    plan.wake(state, to, { kind: 'relief-needed', host, utilisation, threshold, vmCount });
  }
}

function vmsToMove(ledger: Ledger, host: number): number[] {
  const { state, load } = ledger;
  const movable: number[] = [];
  for (const vm = state.vmCursor().on(host); vm.next(); ) {
    if (vm.isMovable && load.vmDemand[vm.index]! > 0) movable.push(vm.index);
  }
  return movable.sort(
    (a, b) =>
      state.vms.memoryBytes[a]! - state.vms.memoryBytes[b]! ||
      load.vmDemand[b]! - load.vmDemand[a]! ||
      compareNames(state.vms.names[a]!, state.vms.names[b]!),
  );
}

function busierHost(
  ledger: Ledger,
  placer: Placer,
  vm: number,
  from: number,
  overloaded: readonly OverloadedHost[],
  threshold: number,
): Placement | undefined {
  for (const { host } of overloaded) if (host !== from) placer.open(host);
  const placement = placer.leastLoaded(vm);
  for (const { host } of overloaded) placer.close(host);
  if (placement === undefined) return undefined;
  const { host } = placement;
  const after = (ledger.demand[host]! + ledger.load.vmDemand[vm]!) / ledger.state.capacity(host);
  const isWorthIt = after <= threshold || after < ledger.settledUtilisation(from) - BALANCE_MARGIN;
  const how: Fit = 'crowded';
  return isWorthIt ? { host, how } : undefined;
}

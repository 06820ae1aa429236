// Places VMs that wait to be started, the largest first, where the placement algorithm wants them. Hosts that are asleep are woken when
// nothing else has room; when no host is left to wake, CPU may be crowded, memory never.

import { compareNames, HostState, NONE, VmPhase } from '../../cluster/mod.ts';
import type { Reason } from '../action.ts';
import { bestFit } from '../best-fit/mod.ts';
import { firstFitDecreasing } from '../first-fit-decreasing/mod.ts';
import type { Ledger } from '../ledger.ts';
import { type Placement, Placer } from '../placer.ts';
import type { Plan } from '../plan.ts';
import type { RoomMeasure } from '../sorted-rooms.ts';
import { worstFit } from '../worst-fit/mod.ts';
import type { PlacementArguments } from './arguments.ts';

const ALGORITHMS = { 'first-fit-decreasing': firstFitDecreasing, 'best-fit': bestFit, 'worst-fit': worstFit } as const;

export function placePending(ledger: Ledger, plan: Plan, parameters: PlacementArguments): void {
  const by = parameters.placementBy === 'reservation' ? 'memory' : 'cpu';
  const pending = pendingVms(ledger, by);
  if (pending.length === 0) return;
  const order = hostsInOrder(ledger);
  const rooms = ALGORITHMS[parameters.placement](ledger, order, by);
  const placer = new Placer(ledger, order, parameters.targetThreshold, rooms);
  const needed: number[] = [];
  const neededHosts = new Set<number>();
  for (const vm of pending) {
    const startHost = ledger.state.vms.startHost[vm]!;
    if (startHost !== NONE) {
      placePinned(ledger, plan, placer, vm, startHost, parameters);
      continue;
    }
    const placement = placer.belowTarget(vm) ?? placer.alone(vm) ?? placer.leastLoaded(vm);
    if (placement === undefined) {
      plan.placements.push({ kind: 'wait', vm, reason: noMemory(ledger, vm) });
      continue;
    }
    settle(ledger, plan, placer, vm, placement, parameters, false);
    if (ledger.state.hosts.state[placement.host] === HostState.standby) {
      needed.push(vm);
      neededHosts.add(placement.host);
    }
  }
  const { hostCounts } = ledger.state;
  const freeHosts = hostCounts[HostState.on]! + hostCounts[HostState.waking]!;
  for (const host of neededHosts) {
    plan.wake(ledger.state, host, { kind: 'needed', pendingCount: needed.length, vm: needed[0]!, freeHosts });
  }
}

function pendingVms(ledger: Ledger, by: RoomMeasure): number[] {
  const { state, load } = ledger;
  const pending: number[] = [];
  if (state.vmCounts[VmPhase.pending] === 0) return pending;
  for (const vm = state.vmCursor().on(NONE); vm.next(); ) if (vm.phase === VmPhase.pending) pending.push(vm.index);
  const [first, second] =
    by === 'cpu' ? [load.vmDemand, state.vms.memoryBytes] : [state.vms.memoryBytes, load.vmDemand];
  return pending.sort(
    (a, b) =>
      first[b]! - first[a]! || second[b]! - second[a]! || compareNames(state.vms.names[a]!, state.vms.names[b]!),
  );
}

function hostsInOrder(ledger: Ledger): number[] {
  return [
    ...ledger.hostsByLoad(HostState.on).reverse(),
    ...ledger.hostsByLoad(HostState.waking),
    ...ledger.hostsByLoad(HostState.standby),
  ];
}

function placePinned(
  ledger: Ledger,
  plan: Plan,
  placer: Placer,
  vm: number,
  host: number,
  parameters: PlacementArguments,
): void {
  const { state } = ledger;
  const wait = (reason: Reason) => plan.placements.push({ kind: 'wait', vm, reason });
  if (state.hosts.state[host] === HostState.lost || !ledger.accepts(vm, host)) {
    wait({ kind: 'start-host-unusable', vm, host });
    return;
  }
  const freeBytes = ledger.freeBytes(host);
  if (freeBytes < state.vms.memoryBytes[vm]!) {
    wait({ kind: 'start-host-full', vm, host, freeBytes });
    return;
  }
  const isBelowTarget =
    ledger.demand[host]! + ledger.load.vmDemand[vm]! <= parameters.targetThreshold * state.capacity(host);
  const how = isBelowTarget ? 'below-target' : ledger.isEmpty(host) ? 'alone' : 'crowded';
  settle(ledger, plan, placer, vm, { host, how }, parameters, true);
  if (state.hosts.state[host] === HostState.standby) plan.wake(state, host, { kind: 'start-host-asleep', vm, host });
}

function settle(
  ledger: Ledger,
  plan: Plan,
  placer: Placer,
  vm: number,
  { host, how }: Placement,
  parameters: PlacementArguments,
  isPinned: boolean,
): void {
  placer.assign(vm, host);
  if (ledger.state.hosts.state[host] !== HostState.on) {
    plan.placements.push({ kind: 'wait', vm, reason: { kind: 'host-wakes', vm, host } });
    return;
  }
  const utilisationAfter = placer.utilisationWith(host);
  const target = parameters.targetThreshold;
  plan.placements.push({
    kind: 'place',
    vm,
    to: host,
    reason: { kind: 'fits', vm, to: host, utilisationAfter, target, how, isPinned },
  });
}

function noMemory(ledger: Ledger, vm: number): Reason {
  const { state } = ledger;
  let largestFreeBytes = 0;
  for (const host = state.hostCursor(); host.next(); ) {
    if (host.state !== HostState.lost) largestFreeBytes = Math.max(largestFreeBytes, ledger.freeBytes(host.index));
  }
  return { kind: 'no-memory', vm, memoryBytes: state.vms.memoryBytes[vm]!, largestFreeBytes };
}

// Where a VM goes when an operator wants it moved and does not say where: the fullest host that is on and stays below the target, or else
// the least loaded one that has the memory.

import { type ClusterState, HostState } from '../cluster/mod.ts';
import { Ledger } from './ledger.ts';
import { Placer } from './placer.ts';

// Chosen: the defaults of `consolidate`.
const TARGET_THRESHOLD = 0.7;
const MEMORY_RESERVE = 0.02;

export function chooseDestination(state: ClusterState, vm: number): number | undefined {
  const vmDemand = new Float64Array(state.vms.end);
  for (const cursor = state.vmCursor(); cursor.next(); ) vmDemand[cursor.index] = cursor.demand;
  const ledger = new Ledger(state, { vmDemand }, MEMORY_RESERVE);
  const placer = new Placer(ledger, ledger.hostsByLoad(HostState.on).reverse(), TARGET_THRESHOLD);
  return (placer.belowTarget(vm) ?? placer.leastLoaded(vm))?.host;
}

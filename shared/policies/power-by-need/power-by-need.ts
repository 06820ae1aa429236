// Sends hosts to standby that have had no VMs for some intervals and that nothing planned needs. Hosts are woken by those who
// need them (placement, relief); while any is being woken, none is sent to sleep.

import { HostState } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import type { Plan } from '../plan.ts';
import type { Streaks } from '../streaks.ts';
import type { PowerArguments } from './arguments.ts';

/** Call it last in an interval, when the ledger holds all that is planned. */
export function switchOff(ledger: Ledger, plan: Plan, memory: Streaks, parameters: PowerArguments): void {
  const { state } = ledger;
  const empty: { readonly host: number; readonly intervals: number }[] = [];
  for (const cursor = state.hostCursor(); cursor.next(); ) {
    const host = cursor.index;
    const intervals = memory.note(state, host, cursor.state === HostState.on && ledger.isEmpty(host));
    if (intervals >= parameters.emptyIntervals) empty.push({ host, intervals });
  }
  if (plan.wakeCount > 0) return;
  // The last names go first, so that the same few hosts stay on.
  empty.sort((a, b) => state.hostRank(b.host) - state.hostRank(a.host));
  let hostsLeftOn = state.hostCounts[HostState.on]!;
  for (const { host, intervals } of empty) {
    if (hostsLeftOn <= parameters.hostsOnMin) return;
    hostsLeftOn -= 1;
    plan.power.push({ kind: 'standby', host, reason: { kind: 'empty', host, intervals, hostsLeftOn } });
  }
}

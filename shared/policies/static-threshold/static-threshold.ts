// Finds overloaded hosts: expected demand, steal included, above a fixed share of capacity for some intervals (the THR detector of
// Beloglazov and Buyya 2012). VMs that already leave do not count, VMs on their way in do.

import { HostState } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import type { Streaks } from '../streaks.ts';
import type { OverloadArguments } from './arguments.ts';

export interface OverloadedHost {
  readonly host: number;
  readonly utilisation: number;
  readonly intervals: number;
}

/** The worst first. Call it once per interval, before anything is planned. */
export function overloadedHosts(ledger: Ledger, memory: Streaks, parameters: OverloadArguments): OverloadedHost[] {
  const { state } = ledger;
  const overloaded: OverloadedHost[] = [];
  for (const cursor = state.hostCursor(); cursor.next(); ) {
    const host = cursor.index;
    const isOn = cursor.state === HostState.on;
    const utilisation = isOn ? ledger.settledUtilisation(host) : 0;
    const intervals = memory.note(state, host, utilisation > parameters.overThreshold);
    if (intervals >= parameters.overIntervals) overloaded.push({ host, utilisation, intervals });
  }
  return overloaded.sort((a, b) => b.utilisation - a.utilisation || state.hostRank(a.host) - state.hostRank(b.host));
}

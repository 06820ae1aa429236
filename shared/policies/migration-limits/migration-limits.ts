// Lets through as many of the planned moves as may be under way at a time, in the order in which they were planned. The others are
// planned again next interval, with what is known then: a move that waits in a queue would be carried out on old figures.

import type { ClusterState } from '../../cluster/mod.ts';
import type { Action } from '../action.ts';
import type { MigrationLimitArguments } from './arguments.ts';

type Move = Extract<Action, { kind: 'migrate' }>;

export function admit(state: ClusterState, moves: readonly Move[], parameters: MigrationLimitArguments): Move[] {
  if (moves.length === 0) return [];
  const { migrationsMax, migrationsPerHostMax } = parameters;
  const outgoing = state.hosts.outgoingCount.slice(0, state.hosts.end);
  const incoming = state.hosts.incomingCount.slice(0, state.hosts.end);
  let underWay = incoming.reduce((sum, count) => sum + count, 0);
  return moves.filter(({ from, to }) => {
    if (underWay >= migrationsMax) return false;
    if (outgoing[from]! >= migrationsPerHostMax || incoming[to]! >= migrationsPerHostMax) return false;
    underWay += 1;
    outgoing[from]! += 1;
    incoming[to]! += 1;
    return true;
  });
}

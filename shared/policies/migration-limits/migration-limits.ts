// Lets through as many of the planned moves as may be under way at a time, in the order in which they were planned: each stage plans what
// relieves most, or costs least, first. The others are planned again next interval, with what is known then: a move that waits in a
// queue would be carried out on old figures.

import type { ClusterState } from '../../cluster/mod.ts';
import type { Action } from '../action.ts';
import type { MigrationLimitArguments } from './arguments.ts';

type Move = Extract<Action, { kind: 'migrate' }>;

/** Room for migrations: what is under way has some of it, and what is taken here the rest. */
export class MigrationSlots {
  readonly #limits: MigrationLimitArguments;
  readonly #outgoing: Int32Array;
  readonly #incoming: Int32Array;
  #underWay: number;

  constructor(state: ClusterState, limits: MigrationLimitArguments) {
    this.#limits = limits;
    this.#outgoing = state.hosts.outgoingCount.slice(0, state.hosts.end);
    this.#incoming = state.hosts.incomingCount.slice(0, state.hosts.end);
    this.#underWay = this.#incoming.reduce((sum, count) => sum + count, 0);
  }

  get isFull(): boolean {
    return this.#underWay >= this.#limits.migrationsMax;
  }

  hasRoomFrom(host: number): boolean {
    return this.#outgoing[host]! < this.#limits.migrationsPerHostMax;
  }

  hasRoomTo(host: number): boolean {
    return this.#incoming[host]! < this.#limits.migrationsPerHostMax;
  }

  /** Takes a slot at both ends, if there is one. */
  take(from: number, to: number): boolean {
    if (this.isFull || !this.hasRoomFrom(from) || !this.hasRoomTo(to)) return false;
    this.#underWay += 1;
    this.#outgoing[from]! += 1;
    this.#incoming[to]! += 1;
    return true;
  }
}

export function admit(state: ClusterState, moves: readonly Move[], parameters: MigrationLimitArguments): Move[] {
  if (moves.length === 0) return [];
  const slots = new MigrationSlots(state, parameters);
  return moves.filter(({ from, to }) => slots.take(from, to));
}

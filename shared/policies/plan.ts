// What the stages of one decision hand on: actions so far, hosts to wake, and VMs that wait.

import { type ClusterState, HostState } from '../cluster/mod.ts';
import type { Action, Reason } from './action.ts';

export class Plan {
  readonly placements: Action[] = [];
  /** Those that come first are carried out first. */
  readonly moves: Extract<Action, { kind: 'migrate' }>[] = [];
  readonly power: Action[] = [];
  readonly #waking = new Set<number>();

  /** Wakes a host once; later reasons are dropped. Hosts that are not in standby need none. */
  wake(state: ClusterState, host: number, reason: Reason): void {
    if (state.hosts.state[host] !== HostState.standby || this.#waking.has(host)) return;
    this.#waking.add(host);
    this.power.push({ kind: 'wake', host, reason });
  }

  get wakeCount(): number {
    return this.#waking.size;
  }

  /** Whether VMs wait for a host to wake; VMs that wait for memory that nobody has hold up nothing else. */
  get isHeldUp(): boolean {
    return this.placements.some((action) => action.reason.kind === 'host-wakes');
  }

  /** All of it, with those moves that were admitted. */
  actions(admitted: readonly Action[]): readonly Action[] {
    return [...this.power, ...this.placements, ...admitted];
  }
}

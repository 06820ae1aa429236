// For how many intervals in a row something has held for each host: the hysteresis of detectors. Part of a policy's
// memory.

import { type ClusterState, grown } from '../cluster/mod.ts';

export class Streaks {
  #counts = new Uint32Array(0);
  #generations = new Uint32Array(0);

  /** Counts one more interval, or starts again; returns the streak's length. */
  note(state: ClusterState, host: number, holds: boolean): number {
    if (host >= this.#counts.length) {
      this.#counts = grown(this.#counts, state.hosts.state.length);
      this.#generations = grown(this.#generations, state.hosts.state.length);
    }
    const generation = state.hosts.generation[host]!;
    const before = this.#generations[host] === generation ? this.#counts[host]! : 0;
    this.#generations[host] = generation;
    this.#counts[host] = holds ? before + 1 : 0;
    return this.#counts[host]!;
  }
}

// For each host, in which of the last 32 intervals something held: one bit each, the newest lowest. Unlike a streak it survives a
// moment's pause.

import { type ClusterState, grown } from '../../cluster/mod.ts';

export class HotHistory {
  #bits = new Uint32Array(0);
  #generations = new Uint32Array(0);

  /** Notes one more interval; returns in how many of the last `window` it held, this one included. */
  note(state: ClusterState, host: number, holds: boolean, window: number): number {
    if (host >= this.#bits.length) {
      this.#bits = grown(this.#bits, state.hosts.state.length);
      this.#generations = grown(this.#generations, state.hosts.state.length);
    }
    const generation = state.hosts.generation[host]!;
    const before = this.#generations[host] === generation ? this.#bits[host]! : 0;
    this.#generations[host] = generation;
    const now = ((before << 1) | (holds ? 1 : 0)) >>> 0;
    this.#bits[host] = now;
    return countOnes((now << (32 - window)) >>> 0);
  }

  /** As if it had never held. */
  forget(host: number): void {
    this.#bits[host] = 0;
  }
}

function countOnes(bits: number): number {
  let rest = bits;
  let count = 0;
  for (; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  return count;
}

// Finds the first host of an order that has room for a VM, in logarithmic time: a tree whose leaves are hosts in that order and whose
// inner nodes know the most CPU and the most memory that any leaf below has left. A node may promise both though no
// single leaf has both, so the search can step back; it then goes on with the next subtree.

import { NONE } from '../cluster/mod.ts';
import type { RoomIndex } from './room-index.ts';

export class FitTree implements RoomIndex {
  /** Hosts in the order of preference. */
  readonly #order: Int32Array;
  readonly #leafOf: Int32Array;
  readonly #width: number;
  readonly #cpu: Float64Array;
  readonly #memory: Float64Array;

  /** `hostsEnd` is above every host index. All hosts start without room. */
  constructor(order: Int32Array, hostsEnd: number) {
    this.#order = order;
    let width = 1;
    while (width < order.length) width *= 2;
    this.#width = width;
    this.#cpu = new Float64Array(2 * width).fill(-Infinity);
    this.#memory = new Float64Array(2 * width).fill(-Infinity);
    this.#leafOf = new Int32Array(hostsEnd).fill(NONE);
    for (let leaf = 0; leaf < order.length; leaf++) this.#leafOf[order[leaf]!] = leaf;
  }

  /** Says what a host has left. Hosts outside the order are ignored. */
  set(host: number, cpuLeft: number, memoryLeft: number): void {
    const leaf = this.#leafOf[host]!;
    if (leaf === NONE) return;
    let node = leaf + this.#width;
    this.#cpu[node] = cpuLeft;
    this.#memory[node] = memoryLeft;
    for (node >>= 1; node >= 1; node >>= 1) {
      this.#cpu[node] = Math.max(this.#cpu[2 * node]!, this.#cpu[2 * node + 1]!);
      this.#memory[node] = Math.max(this.#memory[2 * node]!, this.#memory[2 * node + 1]!);
    }
  }

  /** The first host with room that `accepts` (asked only for hosts with room), or NONE. */
  find(cpu: number, memoryBytes: number, accepts: (host: number) => boolean): number {
    return this.#find(1, cpu, memoryBytes, accepts);
  }

  #find(node: number, cpu: number, memoryBytes: number, accepts: (host: number) => boolean): number {
    if (this.#cpu[node]! < cpu || this.#memory[node]! < memoryBytes) return NONE;
    if (node >= this.#width) {
      const host = this.#order[node - this.#width]!;
      return accepts(host) ? host : NONE;
    }
    const left = this.#find(2 * node, cpu, memoryBytes, accepts);
    return left !== NONE ? left : this.#find(2 * node + 1, cpu, memoryBytes, accepts);
  }
}

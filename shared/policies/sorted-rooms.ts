// Hosts sorted by the CPU or the memory that they have left, for placements that want the tightest or the roomiest: a binary search finds
// where to look, and a host whose room changed is moved in the order. Hosts that are on come before those that wake, and these before
// those in standby, however much room there is. Ties go to the first name.

import { type ClusterState, HostState, NONE } from '../cluster/mod.ts';
import type { RoomIndex } from './room-index.ts';

export type RoomMeasure = 'cpu' | 'memory';

const TIERS: readonly HostState[] = [HostState.on, HostState.waking, HostState.standby];

export class SortedRooms implements RoomIndex {
  readonly #state: ClusterState;
  /** Per state in TIERS: hosts, the one with the least room first. */
  readonly #tiers: number[][];
  readonly #by: RoomMeasure;
  readonly #wants: 'tightest' | 'roomiest';
  readonly #cpu: Float64Array;
  readonly #memory: Float64Array;
  readonly #isHeld: Uint8Array;
  #isSorted = false;

  /** All hosts start without room. */
  constructor(state: ClusterState, hosts: readonly number[], by: RoomMeasure, wants: 'tightest' | 'roomiest') {
    this.#state = state;
    this.#by = by;
    this.#wants = wants;
    this.#cpu = new Float64Array(state.hosts.end).fill(-Infinity);
    this.#memory = new Float64Array(state.hosts.end).fill(-Infinity);
    this.#isHeld = new Uint8Array(state.hosts.end);
    this.#tiers = TIERS.map((tier) => hosts.filter((host) => state.hosts.state[host] === tier));
    for (const tier of this.#tiers) for (const host of tier) this.#isHeld[host] = 1;
  }

  set(host: number, cpuLeft: number, memoryLeft: number): void {
    if (this.#isHeld[host] === 0) return;
    // All hosts are set once before anything is asked: they are sorted together then.
    const tier = this.#isSorted ? this.#tierOf(host) : undefined;
    tier?.splice(this.#placeOf(tier, host), 1);
    this.#cpu[host] = cpuLeft;
    this.#memory[host] = memoryLeft;
    tier?.splice(this.#placeOf(tier, host), 0, host);
  }

  find(cpu: number, memoryBytes: number, accepts: (host: number) => boolean): number {
    if (!this.#isSorted) this.#sort();
    const fits = (host: number) => this.#cpu[host]! >= cpu && this.#memory[host]! >= memoryBytes && accepts(host);
    const needed = this.#by === 'cpu' ? cpu : memoryBytes;
    for (const tier of this.#tiers) {
      const host = this.#wants === 'tightest' ? this.#tightest(tier, needed, fits) : this.#roomiest(tier, needed, fits);
      if (host !== NONE) return host;
    }
    return NONE;
  }

  #tightest(tier: readonly number[], needed: number, fits: (host: number) => boolean): number {
    const first = firstWhere(tier, (host) => this.#left(host) >= needed);
    for (let place = first; place < tier.length; place++) if (fits(tier[place]!)) return tier[place]!;
    return NONE;
  }

  #roomiest(tier: readonly number[], needed: number, fits: (host: number) => boolean): number {
    for (let place = tier.length - 1; place >= 0 && this.#left(tier[place]!) >= needed; place--) {
      if (fits(tier[place]!)) return tier[place]!;
    }
    return NONE;
  }

  #left(host: number): number {
    return this.#by === 'cpu' ? this.#cpu[host]! : this.#memory[host]!;
  }

  #compare(a: number, b: number): number {
    const left = this.#left(a);
    const other = this.#left(b);
    if (left !== other) return left < other ? -1 : 1;
    const byName = this.#state.hostRank(a) - this.#state.hostRank(b);
    // The roomiest are taken from the end.
    return this.#wants === 'tightest' ? byName : -byName;
  }

  #tierOf(host: number): number[] {
    return this.#tiers[TIERS.indexOf(this.#state.hosts.state[host] as HostState)]!;
  }

  #placeOf(tier: readonly number[], host: number): number {
    return firstWhere(tier, (other) => this.#compare(other, host) >= 0);
  }

  #sort(): void {
    for (const tier of this.#tiers) tier.sort((a, b) => this.#compare(a, b));
    this.#isSorted = true;
  }
}

/** The first place from which on the condition holds. */
function firstWhere(items: readonly number[], holds: (item: number) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

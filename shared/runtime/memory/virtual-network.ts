// The wires of a replay: every node has one link, with latency and bandwidth, to one switch. Control messages and the store go through a
// broker node, as they do with NATS, so a partition from the broker is not a partition between hosts. Faults are options drawn
// from a seeded stream; partitions and crashes are calls.

import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { type CrashKind, VirtualProcess } from './virtual-process.ts';

export interface VirtualLink {
  /** One way, node to switch. Two nodes are the sum of both apart. */
  readonly latencyNs: number;
  readonly bitsPerSecond: number;
}

/** Probabilities are per hop; a message between two services makes two (to the broker and on). */
export interface NetworkFaults {
  /** A control message vanishes. Streams of pages lose nothing, as TCP does. */
  readonly loss: number;
  readonly duplicate: number;
  /** A control message is overtaken by those behind it. */
  readonly reorder: number;
  /** Probability and greatest length of an extra delay, which alone keeps the order. */
  readonly delay: number;
  readonly delayNs: number;
  /** A request to the store, or its answer, vanishes: the change happened or not, and the caller sees a time-out. */
  readonly storeLoss: number;
  /** A stream of pages breaks, per frame. */
  readonly streamBreak: number;
}

export interface VirtualNetworkOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** For nodes that are not in `links`. Default 50 µs and 10 Gbit/s. */
  readonly link?: Partial<VirtualLink>;
  readonly links?: Readonly<Record<string, Partial<VirtualLink>>>;
  readonly faults?: Partial<NetworkFaults>;
  /** The node where NATS would run. Default `nats`. */
  readonly brokerNode?: string;
  /** After this long without a sign of life the far end counts as gone. Default 10 s. */
  readonly silenceNs?: number;
}

export interface Partition {
  heal(): void;
}

/** Chosen: a 10 Gbit/s network in one room. */
const DEFAULT_LINK: VirtualLink = { latencyNs: 50_000, bitsPerSecond: 10_000_000_000 };
/** Chosen: from a process to another on the same machine. */
const LOOPBACK_NS = 10_000;
const DEFAULT_SILENCE_NS = 10_000_000_000;
const NO_FAULTS: NetworkFaults = {
  loss: 0,
  duplicate: 0,
  reorder: 0,
  delay: 0,
  delayNs: 0,
  storeLoss: 0,
  streamBreak: 0,
};

export class VirtualNetwork {
  readonly clock: VirtualClock;
  readonly brokerNode: string;
  readonly silenceNs: number;
  readonly #random: Random;
  readonly #defaultLink: VirtualLink;
  readonly #links = new Map<string, VirtualLink>();
  readonly #processes = new Map<string, VirtualProcess>();
  readonly #partitions = new Set<ReadonlyMap<string, number>>();
  readonly #lastArrivalNs = new Map<string, number>();
  readonly #onReach = new Set<() => void>();
  #faults: NetworkFaults;

  constructor(options: VirtualNetworkOptions) {
    this.clock = options.clock;
    this.brokerNode = options.brokerNode ?? 'nats';
    this.silenceNs = options.silenceNs ?? DEFAULT_SILENCE_NS;
    this.#random = options.random.fork('network');
    this.#defaultLink = { ...DEFAULT_LINK, ...options.link };
    for (const [node, link] of Object.entries(options.links ?? {})) this.setLink(node, link);
    this.#faults = { ...NO_FAULTS, ...options.faults };
  }

  get faults(): NetworkFaults {
    return this.#faults;
  }

  /** Changes the named faults from now on. */
  setFaults(faults: Partial<NetworkFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  setLink(node: string, link: Partial<VirtualLink>): void {
    this.#links.set(node, { ...this.link(node), ...link });
  }

  link(node: string): VirtualLink {
    return this.#links.get(node) ?? this.#defaultLink;
  }

  latencyNs(from: string, to: string): number {
    return from === to ? LOOPBACK_NS : this.link(from).latencyNs + this.link(to).latencyNs;
  }

  /** The bound for quanta: no two nodes affect each other sooner. */
  leastLatencyNs(): number {
    const named = [...this.#links.values()].map((link) => link.latencyNs);
    // Any number of nodes may have the default link.
    const [least = 0, next = 0] = [...named, this.#defaultLink.latencyNs, this.#defaultLink.latencyNs].sort(
      (a, b) => a - b,
    );
    return least + next;
  }

  /** The node's present life; begun by the first call, and by the first after a crash. */
  process(node: string): VirtualProcess {
    const present = this.#processes.get(node);
    if (present?.alive) return present;
    const process = new VirtualProcess(node, (present?.life ?? 0) + 1, this.clock);
    this.#processes.set(node, process);
    if (present !== undefined) this.#reach();
    return process;
  }

  alive(node: string): boolean {
    return this.#processes.get(node)?.alive ?? true;
  }

  /** Harmless when the node is down already. */
  crash(node: string, kind: CrashKind = 'process'): void {
    if (!this.alive(node)) return;
    this.process(node).die(kind, this.clock.now());
    this.#reach();
  }

  /**
   * From now on, nodes of different groups cannot reach each other; nodes that are in no group are together in one more. A
   * second partition adds to the first.
   */
  partition(groups: readonly (readonly string[])[]): Partition {
    const sides = new Map(groups.flatMap((nodes, side) => nodes.map((node) => [node, side] as const)));
    this.#partitions.add(sides);
    this.#reach();
    return {
      heal: () => {
        if (this.#partitions.delete(sides)) this.#reach();
      },
    };
  }

  /** A partition that comes and goes by the clock. */
  partitionFor(groups: readonly (readonly string[])[], fromNs: number, toNs: number): void {
    this.clock.at(fromNs, () => {
      const partition = this.partition(groups);
      this.clock.at(toNs, () => partition.heal());
    });
  }

  reaches(from: string, to: string): boolean {
    for (const sides of this.#partitions) {
      if ((sides.get(from) ?? -1) !== (sides.get(to) ?? -1)) return false;
    }
    return true;
  }

  /** Calls back whenever who can reach whom may have changed. */
  onReach(callback: () => void): { stop(): void } {
    this.#onReach.add(callback);
    return { stop: () => this.#onReach.delete(callback) };
  }

  #reach(): void {
    for (const callback of [...this.#onReach]) callback();
  }

  /** Draws one fault; without the fault nothing is drawn. */
  strikes(fault: 'loss' | 'duplicate' | 'reorder' | 'delay' | 'storeLoss' | 'streamBreak'): boolean {
    const p = this.#faults[fault];
    return p > 0 && this.#random.chance(p);
  }

  /** When something sent now, or at `departNs`, comes in: latency, extra delay, and never before what went this way earlier. */
  arrivalNs(from: string, to: string, channel: string, departNs: number = this.clock.now()): number {
    const key = `${channel}:${from}>${to}`;
    let arrivalNs = departNs + this.latencyNs(from, to) + this.extraDelayNs();
    arrivalNs = Math.max(arrivalNs, this.#lastArrivalNs.get(key) ?? 0);
    this.#lastArrivalNs.set(key, arrivalNs);
    return arrivalNs;
  }

  extraDelayNs(): number {
    return this.strikes('delay') ? Math.round(this.#random.float() * this.#faults.delayNs) : 0;
  }

  /** One hop of a control message, with all faults. Delivers twice, late or never, and only to a living node that can be reached. */
  hop(from: string, to: string, deliver: () => void): void {
    const copies = this.strikes('duplicate') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.strikes('loss')) continue;
      let arrivalNs = this.arrivalNs(from, to, 'control');
      if (this.strikes('reorder')) arrivalNs += Math.ceil(this.#random.float() * 4 * this.latencyNs(from, to));
      this.arrive(from, to, arrivalNs, deliver);
    }
  }

  /** Delivers at `arrivalNs` when both ends live and reach each other at its start and end. */
  arrive(from: string, to: string, arrivalNs: number, deliver: () => void): void {
    if (!this.reaches(from, to)) return;
    const receiver = this.#processes.get(to);
    this.clock.at(arrivalNs, () => {
      // What was on its way to an earlier life does not reach the next one.
      if (this.alive(to) && this.#processes.get(to) === receiver && this.reaches(from, to)) deliver();
    });
  }

  /** The clock of a node's present life. */
  clockOf(node: string): Clock {
    return this.process(node).clock;
  }
}

// One watcher of a bucket, seen from both ends: the server queues what changed, newest value per key, and sends it on when the watcher
// can be reached. As with an ordered JetStream consumer nothing is lost for good, but values in between may be.

import type { Change } from '../ports/store.ts';
import type { MemoryBucket } from './memory-bucket.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

interface Queued {
  readonly change: Change;
  readonly arrivalNs: number;
}

export class MemoryWatch {
  readonly #network: VirtualNetwork;
  readonly #process: VirtualProcess;
  readonly #handler: (change: Change) => void;
  /** By key, in the order of revisions. */
  readonly #queue = new Map<string, Queued>();
  readonly #stops: { stop(): void }[] = [];
  #begun = false;
  #ended = false;

  constructor(network: VirtualNetwork, process: VirtualProcess, handler: (change: Change) => void) {
    this.#network = network;
    this.#process = process;
    this.#handler = handler;
    process.onDeath(() => this.end());
  }

  /** Runs at the server. A repeated request begins nothing new. */
  begin(bucket: MemoryBucket): void {
    if (this.#begun || this.#ended) return;
    this.#begun = true;
    this.#stops.push(bucket.watch((change) => this.#enqueue(change)));
    this.#stops.push(this.#network.onReach(() => this.#catchUp()));
  }

  end(): void {
    this.#ended = true;
    this.#queue.clear();
    for (const { stop } of this.#stops) stop();
  }

  #enqueue(change: Change): void {
    const key = change.kind === 'put' ? change.entry.key : change.key;
    this.#queue.delete(key);
    const arrivalNs = this.#send();
    this.#queue.set(key, { change, arrivalNs });
  }

  #catchUp(): void {
    if (this.#queue.size === 0) return;
    const arrivalNs = this.#send();
    for (const [key, { change }] of this.#queue) this.#queue.set(key, { change, arrivalNs });
  }

  #send(): number {
    const { node } = this.#process;
    const arrivalNs = this.#network.arrivalNs(this.#network.brokerNode, node, 'store');
    this.#network.arrive(this.#network.brokerNode, node, arrivalNs, () => this.#deliver());
    return arrivalNs;
  }

  #deliver(): void {
    const now = this.#network.clock.now();
    for (const [key, { change, arrivalNs }] of this.#queue) {
      if (this.#ended) return;
      if (arrivalNs > now) break;
      this.#queue.delete(key);
      this.#handler(change);
    }
  }
}

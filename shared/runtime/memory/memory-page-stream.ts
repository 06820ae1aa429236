// A stream of page frames between two virtual nodes. Frames leave through the sender's link and come in through the receiver's, each
// shared with all other streams of that node, so that migrations slow each other down. What TCP promises holds: whole, in order,
// once, or the stream breaks; a partition stalls it, and it breaks when that lasts too long.

import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import { MAX_FRAME_BYTES, type PageStream } from '../ports/page-network.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** Chosen: length word, and TCP/IP and Ethernet headers of a small frame; large frames hide theirs in it. */
const FRAME_OVERHEAD_BYTES = 64;

interface Parcel {
  /** Undefined: the end of the stream. */
  readonly frame: Uint8Array | undefined;
  readonly reason: string;
  readonly sizeBytes: number;
  /** When its last bit has left the sender. */
  readonly leftNs: number;
}

/** When each node's link is free again, per direction. */
export class LinkSchedule {
  readonly #network: VirtualNetwork;
  readonly #freeNs = new Map<string, number>();

  constructor(network: VirtualNetwork) {
    this.#network = network;
  }

  /** Takes the link for `sizeBytes` from now on, behind what is on it; returns begin and end. */
  reserve(
    node: string,
    direction: 'out' | 'in',
    sizeBytes: number,
  ): { readonly beginNs: number; readonly endNs: number } {
    const key = `${direction}:${node}`;
    const beginNs = Math.max(this.#network.clock.now(), this.#freeNs.get(key) ?? 0);
    const endNs = beginNs + Math.ceil((sizeBytes * 8e9) / this.#network.link(node).bitsPerSecond);
    this.#freeNs.set(key, endNs);
    return { beginNs, endNs };
  }
}

export class MemoryPageStream implements PageStream {
  readonly peer: string;
  readonly closed: Promise<string>;
  readonly #network: VirtualNetwork;
  readonly #links: LinkSchedule;
  readonly #process: VirtualProcess;
  readonly #settleClosed: (reason: string) => void;
  readonly #reach: { stop(): void };
  #far!: MemoryPageStream;
  #handler: ((frame: Uint8Array) => void) | undefined;
  #held: Uint8Array[] = [];
  /** Frames that a partition keeps from coming in here. */
  #stalled: Parcel[] = [];
  #lastDeliveryNs = 0;
  #reason: string | undefined;
  #breakTimer: { cancel(): void } | undefined;

  private constructor(network: VirtualNetwork, links: LinkSchedule, process: VirtualProcess, peer: string) {
    this.peer = peer;
    this.#network = network;
    this.#links = links;
    this.#process = process;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#settleClosed = resolve;
    this.#reach = network.onReach(() => this.#onReach());
    process.onDeath((kind) => this.#die(kind === 'process'));
  }

  static pair(
    network: VirtualNetwork,
    links: LinkSchedule,
    caller: { readonly process: VirtualProcess; readonly peer: string },
    callee: { readonly process: VirtualProcess; readonly peer: string },
  ): readonly [MemoryPageStream, MemoryPageStream] {
    const near = new MemoryPageStream(network, links, caller.process, caller.peer);
    const far = new MemoryPageStream(network, links, callee.process, callee.peer);
    near.#far = far;
    far.#far = near;
    return [near, far];
  }

  send(frame: Uint8Array): Promise<void> {
    if (frame.byteLength > MAX_FRAME_BYTES) {
      const sizes = { what: 'the frame', sizeBytes: frame.byteLength, limitBytes: MAX_FRAME_BYTES };
      return Promise.reject(runtimeErrors.create('RUNTIME_TOO_LARGE', sizes));
    }
    if (this.#reason !== undefined) return Promise.reject(this.#closedError());
    if (this.#network.strikes('streamBreak')) {
      this.#finish('broken by a fault');
      this.#far.#finish('broken by a fault');
      return Promise.reject(this.#closedError());
    }
    const leftNs = this.#dispatch(copyBytes(frame), '');
    return new Promise((resolve, reject) => {
      this.#process.clock.at(leftNs, () => {
        if (this.#reason === undefined) resolve();
        else reject(this.#closedError());
      });
    });
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    this.#handler = handler;
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) {
      queueMicrotask(() => {
        for (const frame of held) handler(frame);
      });
    }
  }

  close(): void {
    if (this.#reason !== undefined || !this.#process.alive) return;
    this.#finish('closed here');
    this.#dispatch(undefined, 'closed by the far end');
  }

  /** Sends one frame, or the end, on its way; returns when it has left. */
  #dispatch(frame: Uint8Array | undefined, reason: string): number {
    const from = this.#process.node;
    const to = this.#far.#process.node;
    const sizeBytes = (frame?.byteLength ?? 0) + FRAME_OVERHEAD_BYTES;
    const { beginNs, endNs } = this.#links.reserve(from, 'out', sizeBytes);
    const parcel: Parcel = { frame, reason, sizeBytes, leftNs: endNs };
    const firstBitNs = this.#network.arrivalNs(from, to, 'pages', beginNs);
    this.#network.clock.at(firstBitNs, () => this.#far.#comeIn(parcel));
    return endNs;
  }

  /** The first bit is at the receiver's link. */
  #comeIn(parcel: Parcel): void {
    if (this.#reason !== undefined || parcel.leftNs > this.#far.#process.diedNs) return;
    if (this.#stalled.length > 0 || !this.#network.reaches(this.#far.#process.node, this.#process.node)) {
      this.#stalled.push(parcel);
      return;
    }
    const { endNs } = this.#links.reserve(this.#process.node, 'in', parcel.sizeBytes);
    const lastBitNs = parcel.leftNs + this.#network.latencyNs(this.#far.#process.node, this.#process.node);
    this.#lastDeliveryNs = Math.max(endNs, lastBitNs, this.#lastDeliveryNs);
    this.#network.clock.at(this.#lastDeliveryNs, () => this.#deliver(parcel));
  }

  #deliver(parcel: Parcel): void {
    if (this.#reason !== undefined || !this.#process.alive) return;
    if (parcel.frame === undefined) this.#finish(parcel.reason);
    else if (this.#handler !== undefined && this.#held.length === 0) this.#handler(parcel.frame);
    else this.#held.push(parcel.frame);
  }

  /** Starts or stops the patience with an end that cannot be reached, and lets stalled frames in. */
  #onReach(): void {
    if (this.#reason !== undefined) return;
    const far = this.#far.#process;
    const reachable = this.#network.reaches(far.node, this.#process.node);
    const silent = !reachable || !far.alive;
    if (!silent) {
      this.#breakTimer?.cancel();
      this.#breakTimer = undefined;
    } else if (this.#breakTimer === undefined) {
      const { clock, silenceNs } = this.#network;
      const reason = `no sign of life from ${this.peer} for ${silenceNs / 1e9} s`;
      this.#breakTimer = clock.at(clock.now() + silenceNs, () => this.#finish(reason));
    }
    if (reachable) {
      const stalled = this.#stalled;
      this.#stalled = [];
      for (const parcel of stalled) this.#comeIn(parcel);
    }
  }

  /** The process of this end is gone: its kernel resets the connection, or nobody does. */
  #die(reset: boolean): void {
    if (this.#reason !== undefined) return;
    if (reset) {
      this.#finishSilently('the process died');
      const now = this.#network.clock.now();
      const parcel: Parcel = {
        frame: undefined,
        reason: 'reset by the far end',
        sizeBytes: FRAME_OVERHEAD_BYTES,
        leftNs: now,
      };
      const arrivalNs = this.#network.arrivalNs(this.#process.node, this.#far.#process.node, 'pages');
      this.#network.clock.at(arrivalNs, () => this.#far.#comeIn(parcel));
    } else this.#reach.stop();
  }

  #finish(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#finishSilently(reason);
    if (this.#process.alive) this.#settleClosed(reason);
  }

  #finishSilently(reason: string): void {
    this.#reason = reason;
    this.#breakTimer?.cancel();
    this.#reach.stop();
    this.#stalled = [];
  }

  #closedError(): Error {
    return runtimeErrors.create('RUNTIME_CLOSED', {
      what: `the page stream to ${this.peer}`,
      reason: this.#reason ?? '',
    });
  }
}

// Gives a host the link that its scenario says, where the real network is faster: what it sends and what it receives takes the time that
// latency and bandwidth ask for. Both directions are counted apart, and all streams of the host share them, as in the virtual network.

import type { Clock } from '../ports/clock.ts';
import { NS_PER_S } from '../ports/clock.ts';
import type { PageListener, PageNetwork, PageStream } from '../ports/page-network.ts';

export interface HostLink {
  /** One way, host to switch. */
  readonly latencyNs: number;
  readonly bitsPerSecond: number;
}

export class LinkedPageNetwork implements PageNetwork {
  readonly #network: PageNetwork;
  readonly #sending: Direction;
  readonly #receiving: Direction;

  constructor(network: PageNetwork, clock: Clock, link: HostLink) {
    this.#network = network;
    this.#sending = new Direction(clock, link);
    this.#receiving = new Direction(clock, link);
  }

  listen(accept: (stream: PageStream) => void): Promise<PageListener> {
    return this.#network.listen((stream) => accept(this.#linked(stream)));
  }

  async connect(address: string, timeoutNs: number): Promise<PageStream> {
    return this.#linked(await this.#network.connect(address, timeoutNs));
  }

  #linked(stream: PageStream): PageStream {
    return new LinkedPageStream(stream, this.#sending, this.#receiving);
  }
}

/** One direction of a link: frames follow each other, none faster than its bytes allow. */
class Direction {
  readonly #clock: Clock;
  readonly #link: HostLink;
  #freeNs = 0;

  constructor(clock: Clock, link: HostLink) {
    this.#clock = clock;
    this.#link = link;
  }

  /** Resolves when the last byte has passed. */
  pass(byteCount: number): Promise<void> {
    const now = this.#clock.now();
    this.#freeNs = Math.max(now, this.#freeNs) + (byteCount * 8 * NS_PER_S) / this.#link.bitsPerSecond;
    return this.#clock.sleep(this.#freeNs + this.#link.latencyNs - now);
  }
}

class LinkedPageStream implements PageStream {
  readonly peer: string;
  readonly closed: Promise<string>;
  readonly #stream: PageStream;
  readonly #sending: Direction;
  readonly #receiving: Direction;
  /** The last frame on its way, in each direction: order is kept whatever timers do. */
  #lastSent: Promise<void> = Promise.resolve();
  #lastReceived: Promise<void> = Promise.resolve();

  constructor(stream: PageStream, sending: Direction, receiving: Direction) {
    this.#stream = stream;
    this.#sending = sending;
    this.#receiving = receiving;
    this.peer = stream.peer;
    this.closed = stream.closed;
  }

  send(frame: Uint8Array): Promise<void> {
    const passed = this.#sending.pass(frame.byteLength);
    const sent = this.#lastSent.then(() => passed).then(() => this.#stream.send(frame));
    // Who sends learns of the failure; whoever comes next fails by itself.
    this.#lastSent = sent.catch(() => undefined);
    return sent;
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    this.#stream.onFrame((frame) => {
      const passed = this.#receiving.pass(frame.byteLength);
      this.#lastReceived = this.#lastReceived.then(() => passed).then(() => handler(frame));
    });
  }

  recycle(frame: Uint8Array): void {
    this.#stream.recycle?.(frame);
  }

  /** What was sent goes out first. */
  close(): void {
    void this.#lastSent.then(() => this.#stream.close());
  }
}

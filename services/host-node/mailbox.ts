// Frames of a stream as something to wait for, with a deadline and with the stream's end.

import { type Clock, NS_PER_MS, type PageStream, runtimeErrors } from '../../shared/runtime/mod.ts';

type Outcome<T> = { readonly frame: T } | { readonly closed: string };

export class Mailbox<T> {
  readonly #clock: Clock;
  readonly #queue: Outcome<T>[] = [];
  #waiting: ((outcome: Outcome<T>) => void) | undefined;

  /** `decode` may throw: the frame is then taken for the end of the stream, which is closed. */
  constructor(clock: Clock, stream: PageStream, decode: (frame: Uint8Array) => T) {
    this.#clock = clock;
    stream.onFrame((bytes) => {
      try {
        this.#put({ frame: decode(bytes) });
      } catch (error) {
        this.#put({ closed: (error as Error).message });
        stream.close();
      }
    });
    stream.closed.then((why) => this.#put({ closed: why }));
  }

  /** Ends the wait of whoever waits, now or later, as if the stream had closed. */
  interrupt(why: string): void {
    this.#put({ closed: why });
  }

  /** The next frame; rejects with RUNTIME_TIMEOUT, or RUNTIME_CLOSED when the stream is at its end. */
  async next(what: string, limitNs: number): Promise<T> {
    const outcome = this.#queue.shift() ?? (await this.#wait(what, limitNs));
    if ('frame' in outcome) return outcome.frame;
    this.#queue.unshift(outcome); // The end stays the end.
    throw runtimeErrors.create('RUNTIME_CLOSED', { what, reason: outcome.closed });
  }

  /** A frame that is here already. */
  poll(): T | undefined {
    const first = this.#queue[0];
    if (first === undefined || !('frame' in first)) return undefined;
    this.#queue.shift();
    return first.frame;
  }

  #wait(what: string, limitNs: number): Promise<Outcome<T>> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.at(this.#clock.now() + limitNs, () => {
        this.#waiting = undefined;
        reject(runtimeErrors.create('RUNTIME_TIMEOUT', { what, durationMs: limitNs / NS_PER_MS }));
      });
      this.#waiting = (outcome) => {
        this.#waiting = undefined;
        timer.cancel();
        resolve(outcome);
      };
    });
  }

  #put(outcome: Outcome<T>): void {
    if (this.#waiting === undefined) this.#queue.push(outcome);
    else this.#waiting(outcome);
  }
}

// Virtual cluster time: takes one event at a time from the queue, lets every promise that follows from it settle, and only then
// goes on, so that a run is a function of its inputs. Idle time costs nothing: time jumps to the next event.
// Settling uses the documented order of Node's queues: a `process.nextTick` callback runs only when all microtasks have run (260 ns per event
// measured, four times cheaper than `setImmediate`).

import assert from 'node:assert/strict';
import { runtimeErrors } from '../errors.ts';
import { type Clock, NS_PER_MS, type Timer } from '../ports/clock.ts';
import { EventQueue, type FutureEvent } from './event-queue.ts';

/** Chosen: how often Node's own event loop gets a turn (Ctrl-C, progress); costs about 1 µs each time. */
const EVENTS_PER_BREATH = 64;
/** Chosen: more events than this at one instant is a loop that never ends. */
const EVENTS_PER_INSTANT = 10_000_000;

export interface VirtualClockOptions {
  readonly startNs?: number;
}

export class VirtualClock implements Clock {
  readonly #queue = new EventQueue();
  #nowNs: number;
  #sequence = 0;
  #eventsRun = 0;
  #eventsAtInstant = 0;
  #running = false;
  /** Real work that the next event has to wait for. */
  #pause: Promise<void> | undefined;

  constructor(options: VirtualClockOptions = {}) {
    this.#nowNs = options.startNs ?? 0;
  }

  now(): number {
    return this.#nowNs;
  }

  /** How many events have run since the beginning. */
  get eventsRun(): number {
    return this.#eventsRun;
  }

  at(timeNs: number, callback: () => void): Timer {
    return this.#add(timeNs, 1, '', callback);
  }

  /** The end of a task: before everything else that is due at `timeNs`, by `order` among themselves. */
  atTaskEnd(timeNs: number, order: string, callback: () => void): Timer {
    return this.#add(timeNs, 0, order, callback);
  }

  sleep(durationNs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer.cancel();
        reject(signal!.reason);
      };
      const timer = this.at(this.#nowNs + durationNs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /**
   * Waits for real work (a file, a compilation, a thread that starts) while cluster time stands still. It takes its place in
   * the order of events when called, so how long the work takes cannot change what happens.
   */
  outside<T>(work: Promise<T>): Promise<T> {
    // Awaited by the run loop; a failure before that is not unhandled.
    work.catch(() => undefined);
    return new Promise((resolve, reject) => {
      this.at(this.#nowNs, () => {
        this.#pause = work.then(resolve, reject);
      });
    });
  }

  /** Runs everything up to and including `untilNs`, and leaves the clock there. */
  async runUntil(untilNs: number): Promise<void> {
    await this.#run(() => this.#queue.peek() === undefined || this.#queue.peek()!.timeNs > untilNs);
    this.#nowNs = Math.max(this.#nowNs, untilNs);
  }

  /** Runs until nothing is left to happen. */
  async runUntilIdle(): Promise<void> {
    await this.#run(() => this.#queue.peek() === undefined);
  }

  /** Runs until the condition holds, which is asked after every event. Rejects with RUNTIME_STALLED when nothing is left before that. */
  async runUntilTrue(condition: () => boolean, what = 'the condition'): Promise<void> {
    await this.#run(() => condition() || this.#queue.peek() === undefined);
    if (!condition()) throw this.#stalled(what);
  }

  /** Runs until the promise has settled and passes its outcome on. Rejects with RUNTIME_STALLED when nothing is left before that. */
  async runUntilSettled<T>(promise: Promise<T>, what = 'the awaited promise'): Promise<T> {
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    await this.runUntilTrue(() => settled, what);
    return promise;
  }

  #stalled(what: string): Error {
    return runtimeErrors.create('RUNTIME_STALLED', { what, timeMs: this.#nowNs / NS_PER_MS });
  }

  #add(timeNs: number, phase: 0 | 1, order: string, callback: () => void): Timer {
    assert(Number.isFinite(timeNs), `a time is a finite number, not ${timeNs}`);
    const event: FutureEvent = {
      timeNs: Math.max(timeNs, this.#nowNs),
      phase,
      order,
      sequence: this.#sequence++,
      run: callback,
    };
    this.#queue.push(event);
    return { cancel: () => this.#queue.cancel(event) };
  }

  #run(finished: () => boolean): Promise<void> {
    assert(!this.#running, 'one run at a time');
    this.#running = true;
    return new Promise<void>((resolve, reject) => {
      const end = (error?: unknown): void => {
        this.#running = false;
        if (error === undefined) resolve();
        else reject(error);
      };
      const next = (): void => {
        if (this.#pause !== undefined) {
          const pause = this.#pause;
          this.#pause = undefined;
          pause.then(() => process.nextTick(step));
        } else if (this.#eventsRun % EVENTS_PER_BREATH === 0) setImmediate(step);
        else process.nextTick(step);
      };
      const step = (): void => {
        try {
          if (finished()) end();
          else {
            this.#runOne();
            queueMicrotask(next);
          }
        } catch (error) {
          end(error);
        }
      };
      // What the caller began just before (promises already under way) settles first.
      setImmediate(step);
    });
  }

  #runOne(): void {
    const event = this.#queue.pop()!;
    if (event.timeNs > this.#nowNs) {
      this.#nowNs = event.timeNs;
      this.#eventsAtInstant = 0;
    }
    this.#eventsRun++;
    assert(
      ++this.#eventsAtInstant < EVENTS_PER_INSTANT,
      `time does not pass at ${this.#nowNs} ns: events beget events`,
    );
    const run = event.run!;
    event.run = undefined;
    run();
  }
}

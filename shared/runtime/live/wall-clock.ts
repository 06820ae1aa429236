// Cluster time from the machine's clocks: (wall time - epoch) x speed. The wall clock is read once, at start; from then on the monotonic
// clock counts, so time never goes back and never jumps. Processes of one machine that share epoch and speed agree to a few
// microseconds (Node's time origin is exact to those; `Date.now` is not).

import assert from 'node:assert/strict';
import { type Clock, NS_PER_MS, type Timer } from '../ports/clock.ts';

export interface WallClockOptions {
  /** When the cluster began: milliseconds of Unix time, fractions allowed. Default: now. */
  readonly epochMs?: number;
  /** Nanoseconds of cluster time per nanosecond of wall time. Default 1. */
  readonly speed?: number;
}

/** Longer waits are made of several: Node's timers end at 2^31 ms. */
const LONGEST_WAIT_MS = 2_000_000_000;

export class WallClock implements Clock {
  readonly epochMs: number;
  readonly speed: number;
  /** How much later than asked the latest callback came, and the latest of all, in cluster time. */
  lagNs = 0;
  greatestLagNs = 0;

  constructor(options: WallClockOptions = {}) {
    this.epochMs = options.epochMs ?? performance.timeOrigin + performance.now();
    this.speed = options.speed ?? 1;
    assert(this.speed > 0 && Number.isFinite(this.speed), `a positive speed, not ${this.speed}`);
    assert(Number.isFinite(this.epochMs), `an epoch in milliseconds, not ${this.epochMs}`);
  }

  now(): number {
    // The difference of the large parts first: a Unix time in nanoseconds has no room for fractions.
    const elapsedMs = performance.timeOrigin - this.epochMs + performance.now();
    return Math.round(elapsedMs * NS_PER_MS * this.speed);
  }

  at(timeNs: number, callback: () => void): Timer {
    let handle: NodeJS.Timeout | NodeJS.Immediate;
    const wait = (): void => {
      const leftMs = (timeNs - this.now()) / NS_PER_MS / this.speed;
      if (leftMs <= 0) handle = setImmediate(run);
      else handle = setTimeout(run, Math.min(Math.ceil(leftMs), LONGEST_WAIT_MS));
    };
    const run = (): void => {
      const lateNs = this.now() - timeNs;
      if (lateNs < 0) wait();
      else {
        this.lagNs = lateNs;
        this.greatestLagNs = Math.max(this.greatestLagNs, lateNs);
        callback();
      }
    };
    wait();
    return {
      cancel: () => {
        clearTimeout(handle as NodeJS.Timeout);
        clearImmediate(handle as NodeJS.Immediate);
      },
    };
  }

  sleep(durationNs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer.cancel();
        reject(signal!.reason);
      };
      const timer = this.at(this.now() + durationNs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

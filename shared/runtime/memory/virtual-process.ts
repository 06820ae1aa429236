// One life of a service on a virtual node, from its start to its crash. Whatever it holds (subscriptions, timers, streams) dies with it:
// callbacks of a dead process are never called, and what it was waiting for never settles.

import type { Clock, Timer } from '../ports/clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** `process`: the kernel lives on and resets the connections. `power`: silence; others find out by their deadlines. */
export type CrashKind = 'process' | 'power';

export class VirtualProcess {
  readonly node: string;
  /** 1 for the first start of the node. */
  readonly life: number;
  readonly clock: Clock;
  #death: { readonly kind: CrashKind; readonly timeNs: number } | undefined;
  readonly #onDeath: ((kind: CrashKind) => void)[] = [];

  constructor(node: string, life: number, clock: VirtualClock) {
    this.node = node;
    this.life = life;
    this.clock = mortalClock(clock, this);
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  get diedNs(): number {
    return this.#death?.timeNs ?? Infinity;
  }

  onDeath(callback: (kind: CrashKind) => void): void {
    this.#onDeath.push(callback);
  }

  die(kind: CrashKind, timeNs: number): void {
    if (this.#death !== undefined) return;
    this.#death = { kind, timeNs };
    for (const callback of this.#onDeath) callback(kind);
  }
}

function mortalClock(clock: VirtualClock, owner: VirtualProcess): Clock {
  const at = (timeNs: number, callback: () => void): Timer =>
    clock.at(timeNs, () => {
      if (owner.alive) callback();
    });
  return {
    now: () => clock.now(),
    at,
    sleep: (durationNs, signal) => {
      const slept = clock.sleep(durationNs, signal);
      return new Promise((resolve, reject) => {
        slept.then(
          () => owner.alive && resolve(),
          (reason) => owner.alive && reject(reason),
        );
      });
    },
  };
}

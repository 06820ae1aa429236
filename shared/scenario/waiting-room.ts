// Waits for conditions on what was observed: asked again after each observation, up to a deadline of cluster time.

import type { Clock } from '../runtime/mod.ts';

export class WaitingRoom {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called after anything that a condition may depend on. */
  look(): void {
    for (const attempt of [...this.#waiting]) attempt();
  }

  /** True as soon as the condition holds, false when it does not by the deadline or the signal is given. */
  until(condition: () => boolean, timeoutNs: number, signal: AbortSignal): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (met: boolean): void => {
        this.#waiting.delete(attempt);
        signal.removeEventListener('abort', giveUp);
        timer.cancel();
        resolve(met);
      };
      const attempt = (): void => {
        if (condition()) end(true);
      };
      const giveUp = (): void => end(false);
      const timer = this.#clock.at(this.#clock.now() + timeoutNs, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(attempt);
    });
  }
}

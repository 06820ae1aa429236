// Drives a host's CPUs quantum by quantum and says when its memory may be touched. During a quantum the memory belongs to the executor's
// thread; between two quanta (a boundary) it is the host node's, and everything else that concerns VMs happens there: typing on consoles,
// reading pages of a migration, starting and stopping. When no VM has anything to do, no quantum runs and every moment is a boundary.

import type { Clock, ExecutorHost, Timer } from '../../shared/runtime/mod.ts';
import { NS_PER_MS } from '../../shared/runtime/mod.ts';
import { HEADER, type HostMemory } from '../../shared/vmm/mod.ts';

/**
 * Chosen: 10 ms, the tick of a classic kernel; 1 ms while pages are on the way, since a boundary is when they are read and applied.
 * See docs/decisions/0010-quanta.md for why it may exceed the least link latency.
 */
export const QUANTUM_NS = 10 * NS_PER_MS;
export const MIGRATION_QUANTUM_NS = NS_PER_MS;

/** Live only: a host this far behind its clock lets the time go instead of running after it. Chosen, for speed 1. */
export const LAG_LIMIT_NS = 500 * NS_PER_MS;

/** How long quanta are, and how far behind is too far. */
export interface Pace {
  readonly quantumNs: number;
  readonly migrationQuantumNs: number;
  readonly lagLimitNs: number;
}

export const PACE: Pace = {
  quantumNs: QUANTUM_NS,
  migrationQuantumNs: MIGRATION_QUANTUM_NS,
  lagLimitNs: LAG_LIMIT_NS,
};

/** Live, what a quantum costs to begin and to wait for is a matter of the wall clock: a faster cluster clock takes longer ones. */
export function paceAtSpeed(speed: number): Pace {
  const factor = Math.max(1, speed);
  return {
    quantumNs: QUANTUM_NS * factor,
    migrationQuantumNs: MIGRATION_QUANTUM_NS * factor,
    lagLimitNs: LAG_LIMIT_NS * factor,
  };
}

export class CpuLoop {
  readonly #clock: Clock;
  readonly #host: HostMemory;
  readonly #executor: ExecutorHost;
  readonly #onBoundary: () => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: (() => void)[] = [];
  #timer: Timer | undefined;
  #busy = false;
  #closed = false;
  #finishedNs: number;
  readonly #pace: Pace;
  #isMigrating = false;
  #lagNs = 0;

  /** `onBoundary` is called at the end of every quantum, before those who wait for it. */
  constructor(
    clock: Clock,
    host: HostMemory,
    executor: ExecutorHost,
    onBoundary: () => void,
    onFailure: (error: unknown) => void,
    pace: Pace = PACE,
  ) {
    this.#clock = clock;
    this.#host = host;
    this.#executor = executor;
    this.#onBoundary = onBoundary;
    this.#onFailure = onFailure;
    this.#pace = pace;
    this.#finishedNs = clock.now();
  }

  /** Runs `work` as soon as the memory may be touched: at once between quanta, else at the end of this one. */
  atBoundary<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#busy) this.#waiting.push(attempt);
      else {
        attempt();
        this.#schedule();
      }
    });
  }

  /** Something happened that a VM may have waited for. To be called at a boundary. */
  wake(): void {
    const now = Math.max(this.#clock.now(), this.#finishedNs);
    if (this.#host.view.getFloat64(HEADER.nextRunNs, true) <= now) return;
    this.#host.view.setFloat64(HEADER.nextRunNs, now, true);
  }

  /** Boundaries come more often while pages are on the way. */
  setMigrating(isMigrating: boolean): void {
    this.#isMigrating = isMigrating;
  }

  /** How far the CPUs were behind the clock at worst since the last call. Always 0 in a replay. */
  takeLagNs(): number {
    const lag = this.#lagNs;
    this.#lagNs = 0;
    return lag;
  }

  /** No quantum starts any more; resolves when the memory is at rest. */
  async close(): Promise<void> {
    await this.atBoundary(() => {
      this.#closed = true;
      this.#timer?.cancel();
    });
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#busy || this.#closed) return;
    const nextRunNs = this.#host.view.getFloat64(HEADER.nextRunNs, true);
    if (nextRunNs === Number.POSITIVE_INFINITY) return;
    const startNs = Math.max(nextRunNs, this.#finishedNs);
    this.#timer = this.#clock.at(startNs, () => {
      this.#run(startNs).catch(this.#onFailure);
    });
  }

  async #run(startNs: number): Promise<void> {
    const lag = this.#clock.now() - startNs;
    this.#lagNs = Math.max(this.#lagNs, lag);
    const fromNs = lag > this.#pace.lagLimitNs ? this.#clock.now() : startNs;
    const toNs = fromNs + (this.#isMigrating ? this.#pace.migrationQuantumNs : this.#pace.quantumNs);
    this.#busy = true;
    await this.#executor.run(fromNs, toNs);
    this.#finishedNs = toNs;
    // Live, that is earlier than `toNs`: the memory is then at rest until the next quantum, and nobody need wait for the clock.
    this.#reachBoundary();
  }

  #reachBoundary(): void {
    this.#busy = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      this.#onBoundary();
      for (const work of waiting) work();
    } catch (error) {
      this.#onFailure(error);
    }
    this.#schedule();
  }
}

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

/** Live only: a host this far behind its clock lets the time go instead of running after it. Chosen. */
export const LAG_LIMIT_NS = 500 * NS_PER_MS;

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
  #quantumNs = QUANTUM_NS;
  #lagNs = 0;

  /** `onBoundary` is called at the end of every quantum, before those who wait for it. */
  constructor(
    clock: Clock,
    host: HostMemory,
    executor: ExecutorHost,
    onBoundary: () => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#host = host;
    this.#executor = executor;
    this.#onBoundary = onBoundary;
    this.#onFailure = onFailure;
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

  setQuantum(quantumNs: number): void {
    this.#quantumNs = quantumNs;
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
    const fromNs = lag > LAG_LIMIT_NS ? this.#clock.now() : startNs;
    const toNs = fromNs + this.#quantumNs;
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

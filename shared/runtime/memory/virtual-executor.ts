// Runs VMs on real threads under virtual time. A task starts at once and may end whenever it likes; its end takes effect at the moment
// of cluster time it belongs to, before all else that is due then, in the order of host ids. So hosts run in parallel,
// and no result depends on which was faster.

import assert from 'node:assert/strict';
import type { Executor, ExecutorHost } from '../ports/executor.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What is needed of the executor behind: a task can be begun, and its end awaited by blocking. */
export interface StartedExecutorHost extends ExecutorHost {
  start(fromNs: number, toNs: number): void;
  join(): void;
}

export interface StartedExecutor extends Executor {
  attach(hostId: string, memory: WebAssembly.Memory): Promise<StartedExecutorHost>;
}

export class VirtualExecutor implements Executor {
  readonly #clock: VirtualClock;
  readonly #executor: StartedExecutor;

  constructor(clock: VirtualClock, executor: StartedExecutor) {
    this.#clock = clock;
    this.#executor = executor;
  }

  async attach(hostId: string, memory: WebAssembly.Memory): Promise<ExecutorHost> {
    const host = await this.#clock.outside(this.#executor.attach(hostId, memory));
    return {
      run: (fromNs, toNs) => this.#run(hostId, host, fromNs, toNs),
      detach: () => this.#clock.outside(host.detach()),
    };
  }

  close(): Promise<void> {
    return this.#executor.close();
  }

  #run(hostId: string, host: StartedExecutorHost, fromNs: number, toNs: number): Promise<void> {
    assert(toNs >= this.#clock.now(), `a task of ${hostId} ends at ${toNs} ns, which has passed`);
    return new Promise((resolve, reject) => {
      host.start(fromNs, toNs);
      this.#clock.atTaskEnd(toNs, hostId, () => {
        try {
          host.join();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

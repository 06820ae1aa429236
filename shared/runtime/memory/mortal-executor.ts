// The executor as one life of a node sees it: when the node crashes its hosts are detached once their tasks have ended, and
// whatever it was waiting for never settles.

import type { Executor, ExecutorHost } from '../ports/executor.ts';
import type { VirtualProcess } from './virtual-process.ts';

export function mortalExecutor(executor: Executor, owner: VirtualProcess): Executor {
  return {
    attach: (hostId, memory) => whileAlive(owner, attach(executor, owner, hostId, memory)),
    // The threads belong to the world.
    close: async () => undefined,
  };
}

async function attach(
  executor: Executor,
  owner: VirtualProcess,
  hostId: string,
  memory: WebAssembly.Memory,
): Promise<ExecutorHost> {
  const host = await executor.attach(hostId, memory);
  let task: Promise<void> = Promise.resolve();
  let detached: Promise<void> | undefined;
  const detach = (): Promise<void> => {
    detached ??= host.detach();
    return detached;
  };
  owner.onDeath(() => void task.then(detach, detach));
  if (!owner.alive) await detach();
  return {
    run: (fromNs, toNs) => {
      task = host.run(fromNs, toNs);
      return whileAlive(owner, task);
    },
    detach: () => whileAlive(owner, detach()),
  };
}

function whileAlive<T>(owner: VirtualProcess, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(
      (value) => owner.alive && resolve(value),
      (error) => owner.alive && reject(error),
    );
  });
}

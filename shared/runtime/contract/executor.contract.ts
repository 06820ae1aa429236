// What every version of Executor promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import type { Executor } from '../mod.ts';
import { WORD } from './counting-words.ts';
import { codeOf } from './world.ts';

export const COUNTING_WORKER = new URL('./counting-worker.ts', import.meta.url);

export function hostMemory(): { readonly memory: WebAssembly.Memory; readonly words: Int32Array } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return { memory, words: new Int32Array(memory.buffer) };
}

export interface ExecutorWorld {
  readonly executor: Executor;
  readonly threads: number;
  /** Tasks may run in the calling thread. */
  readonly callerRuns: boolean;
  /** Shared with the counting workers. */
  readonly meeting: SharedArrayBuffer;
  run<T>(body: () => Promise<T>): Promise<T>;
}

export function executorContract(open: () => ExecutorWorld): void {
  const within = async (body: (world: ExecutorWorld) => Promise<void>): Promise<void> => {
    const world = open();
    try {
      await world.run(() => body(world));
    } finally {
      await world.executor.close();
    }
  };

  it('runs tasks of many hosts on their own memories', () =>
    within(async ({ executor }) => {
      const hosts = await Promise.all(
        Array.from({ length: 5 }, async (_, index) => {
          const { memory, words } = hostMemory();
          return { words, host: await executor.attach(`host-${index}`, memory) };
        }),
      );
      await Promise.all(
        hosts.map(async ({ host }, index) => {
          for (let task = 0; task <= index; task++) await host.run(task * 10, task * 10 + 10);
        }),
      );
      expect(hosts.map(({ words }) => words[WORD.tasks])).toEqual([1, 2, 3, 4, 5]);
      expect(hosts.map(({ words }) => words[WORD.lengthNs])).toEqual([10, 20, 30, 40, 50]);
    }));

  it('rejects with the error of the task, and goes on', () =>
    within(async ({ executor }) => {
      const { memory, words } = hostMemory();
      const host = await executor.attach('host-1', memory);
      words[WORD.fails] = 1;
      const failure = await host.run(0, 1).catch((error) => error);
      expect(failure).toMatchObject({ code: 'RUNTIME_THREAD', cause: { message: 'host-1 was told to fail' } });
      words[WORD.fails] = 0;
      await host.run(1, 2);
      expect(words[WORD.tasks]).toBe(2);
    }));

  it('rejects an attach that fails', () =>
    within(async ({ executor }) => {
      await expect(executor.attach('refused', hostMemory().memory)).rejects.toThrow(/no such host/);
      const { memory, words } = hostMemory();
      await (await executor.attach('taken', memory)).run(0, 1);
      expect(words[WORD.tasks]).toBe(1);
    }));

  it('forgets a host in every thread when it is detached', () =>
    within(async ({ executor, threads }) => {
      const { memory, words } = hostMemory();
      await (await executor.attach('host-1', memory)).detach();
      expect(words[WORD.closed]).toBe(Math.max(threads, 1));
    }));

  it('runs hosts in parallel when it has the threads', () =>
    within(async ({ executor, threads }) => {
      if (threads < 2) return;
      const [one, two] = [hostMemory(), hostMemory()];
      const hosts = [await executor.attach('one', one.memory), await executor.attach('two', two.memory)];
      one.words[WORD.meets] = 1;
      two.words[WORD.meets] = 1;
      await Promise.all(hosts.map((host) => host.run(0, 1)));
      expect([one.words[WORD.tasks], two.words[WORD.tasks]]).toEqual([1, 1]);
    }));

  it('lets nobody wait for a thread that has ended', () =>
    within(async ({ executor, callerRuns }) => {
      // There the end of the thread is the end of the test.
      if (callerRuns) return;
      const { memory, words } = hostMemory();
      const host = await executor.attach('host-1', memory);
      words[WORD.ends] = 1;
      expect(await codeOf(host.run(0, 1))).toBe('RUNTIME_THREAD');
    }));
}

import { describe, expect, it } from 'vitest';
import { WORD } from '../contract/counting-words.ts';
import { COUNTING_WORKER, executorContract, hostMemory } from '../contract/executor.contract.ts';
import { ThreadExecutor } from './mod.ts';

const openWith = (threads: number) => () => {
  const meeting = new SharedArrayBuffer(4);
  const executor = new ThreadExecutor({ threads, workerUrl: COUNTING_WORKER, workerData: { meeting } });
  return { executor, threads, callerRuns: threads === 0, meeting, run: <T>(body: () => Promise<T>) => body() };
};

for (const threads of [0, 1, 2]) {
  describe(`executor with ${threads} threads`, () => executorContract(openWith(threads)));
}

describe('blocking executor', () => {
  it('joins a task that has ended, runs, or has not begun', async () => {
    const { executor } = openWith(1)();
    const [one, two] = [hostMemory(), hostMemory()];
    const [first, second] = [await executor.attach('one', one.memory), await executor.attach('two', two.memory)];
    one.words[WORD.turns] = 1_000_000;
    for (let round = 0; round < 20; round++) {
      first.start(0, 1);
      second.start(0, 1);
      second.join();
      first.join();
    }
    expect([one.words[WORD.tasks], two.words[WORD.tasks]]).toEqual([20, 20]);
    await executor.close();
  });

  it('runs tasks itself while it waits, when it may', async () => {
    const workerData = { meeting: new SharedArrayBuffer(4) };
    const executor = new ThreadExecutor({ threads: 2, callerHelps: true, workerUrl: COUNTING_WORKER, workerData });
    const memories = [hostMemory(), hostMemory(), hostMemory()];
    const hosts = await Promise.all(memories.map(({ memory }, index) => executor.attach(`host-${index}`, memory)));
    for (let round = 0; round < 50; round++) {
      for (const { words } of memories) words[WORD.fails] = round === 10 ? 1 : 0;
      for (const host of hosts) host.start(round, round + 1);
      for (const host of hosts.toReversed()) {
        if (round === 10) expect(() => host.join()).toThrow(/was told to fail/);
        else host.join();
      }
    }
    expect(memories.map(({ words }) => words[WORD.tasks])).toEqual([50, 50, 50]);
    // One thread besides the caller: two tasks that wait for each other end only when both run tasks.
    for (const { words } of memories.slice(0, 2)) words[WORD.meets] = 1;
    for (const host of hosts.slice(0, 2)) host.start(50, 51);
    for (const host of hosts.slice(0, 2)) host.join();
    await Promise.all(hosts.map((host) => host.detach()));
    expect(memories.map(({ words }) => words[WORD.closed])).toEqual([2, 2, 2]);
    await executor.close();
  });

  it('gives a lost thread up after its deadline', async () => {
    const workerData = { meeting: new SharedArrayBuffer(4) };
    const executor = new ThreadExecutor({ threads: 1, workerUrl: COUNTING_WORKER, workerData, joinDeadlineMs: 20 });
    const { memory, words } = hostMemory();
    const host = await executor.attach('host-1', memory);
    // It waits for a second one, and there is none.
    words[WORD.meets] = 1;
    host.start(0, 1);
    expect(() => host.join()).toThrow(/no end of a task/);
    expect(() => host.start(1, 2)).toThrow(/no end of a task/);
    Atomics.store(new Int32Array(workerData.meeting), 0, 2);
    Atomics.notify(new Int32Array(workerData.meeting), 0);
    await executor.close();
  });

  it('says when the worker script cannot be loaded', async () => {
    for (const threads of [0, 1]) {
      const workerUrl = new URL('./no-such-worker.ts', import.meta.url);
      const executor = new ThreadExecutor({ threads, workerUrl });
      await expect(executor.attach('host-1', hostMemory().memory)).rejects.toThrow(/no-such-worker/);
      await executor.close();
    }
  });
});

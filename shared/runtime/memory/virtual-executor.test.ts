import { describe, expect, it } from 'vitest';
import { WORD } from '../contract/counting-words.ts';
import { COUNTING_WORKER, executorContract, hostMemory } from '../contract/executor.contract.ts';
import { ThreadExecutor } from '../live/mod.ts';
import { VirtualClock, VirtualExecutor, VirtualWorld } from './mod.ts';

const openWith =
  (threads: number, callerHelps = false) =>
  () => {
    const meeting = new SharedArrayBuffer(4);
    const clock = new VirtualClock();
    const inner = new ThreadExecutor({ threads, callerHelps, workerUrl: COUNTING_WORKER, workerData: { meeting } });
    const executor = new VirtualExecutor(clock, inner);
    const callerRuns = threads === 0 || callerHelps;
    return {
      executor,
      clock,
      threads,
      callerRuns,
      meeting,
      run: <T>(body: () => Promise<T>) => clock.runUntilSettled(body()),
    };
  };

for (const threads of [0, 2]) {
  describe(`virtual executor over ${threads} threads`, () => executorContract(openWith(threads)));
}

describe('virtual executor over a thread and the caller', () => executorContract(openWith(2, true)));

/** Three hosts, of which the slowest comes first by name, and a timer that is due together with the ends of their tasks. */
async function traceWith(threads: number, callerHelps = false): Promise<readonly string[]> {
  const { executor, clock, run } = openWith(threads, callerHelps)();
  const trace: string[] = [];
  await run(async () => {
    const start = async (name: string, turns: number): Promise<void> => {
      const { memory, words } = hostMemory();
      words[WORD.turns] = turns;
      const host = await executor.attach(name, memory);
      for (let task = 1; task <= 3; task++) {
        await host.run(clock.now(), task * 1000);
        trace.push(`${clock.now()} ${name} ${words[WORD.spun]}`);
      }
    };
    for (const timeNs of [1000, 2000]) clock.at(timeNs, () => trace.push(`${timeNs} timer`));
    await Promise.all([start('c', 10), start('a', 300_000), start('b', 1000)]);
  });
  await executor.close();
  return trace;
}

describe('virtual executor', () => {
  it('ends tasks in the order of time and host, before other events, whatever the threads', async () => {
    const inline = await traceWith(0);
    expect(inline.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['1000 a', '1000 b', '1000 c', '1000 timer'],
      ...['2000 a', '2000 b', '2000 c', '2000 timer'],
      ...['3000 a', '3000 b', '3000 c'],
    ]);
    expect(await traceWith(1)).toEqual(inline);
    expect(await traceWith(2)).toEqual(inline);
    expect(await traceWith(2, true)).toEqual(inline);
  });

  it('forgets the hosts of a node that has crashed, and never answers it', async () => {
    const workerData = { meeting: new SharedArrayBuffer(4) };
    const inner = new ThreadExecutor({ threads: 1, workerUrl: COUNTING_WORKER, workerData });
    const world = new VirtualWorld({ seed: 1, executor: (clock) => new VirtualExecutor(clock, inner) });
    const { memory, words } = hostMemory();
    let answered = false;
    const service = async (): Promise<void> => {
      const { executor, clock } = world.boot('host-1');
      const host = await executor.attach('host-1', memory);
      world.clock.at(clock.now() + 500, () => world.crash('host-1'));
      await host.run(clock.now(), clock.now() + 1000);
      answered = true;
    };
    void service();
    await world.clock.runUntilIdle();
    expect(answered).toBe(false);
    expect([words[WORD.tasks], words[WORD.closed]]).toEqual([1, 1]);
    await inner.close();
  });
});

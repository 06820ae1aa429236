import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../contract/world.ts';
import { VirtualClock } from './mod.ts';

describe('virtual clock', () => {
  it('runs events by time, then in the order they were set, whatever is cancelled', async () => {
    const operation = fc.record({ timeNs: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 300 }), async (operations) => {
        const clock = new VirtualClock();
        const ran: number[] = [];
        const timers = operations.map(({ timeNs }, index) => clock.at(timeNs, () => ran.push(index)));
        for (const [index, { cancelled }] of operations.entries()) if (cancelled) timers[index]!.cancel();
        await clock.runUntilIdle();
        const expected = operations
          .map(({ timeNs, cancelled }, index) => ({ timeNs, cancelled, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.timeNs - b.timeNs || a.index - b.index);
        expect(ran).toEqual(expected.map(({ index }) => index));
      }),
    );
  });

  it('lets every promise settle before the next event', async () => {
    const clock = new VirtualClock();
    const trace: string[] = [];
    const deep = async (name: string, depth: number): Promise<void> => {
      for (let turn = 0; turn < depth; turn++) await null;
      trace.push(name);
    };
    clock.at(1, () => void deep('first', 1000));
    clock.at(1, () => void deep('second', 0));
    await clock.runUntilIdle();
    expect(trace).toEqual(['first', 'second']);
  });

  it('jumps over idle time and stops where it is told', async () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const timeNs of [5, 1e15, 2e15]) clock.at(timeNs, () => ran.push(clock.now()));
    await clock.runUntil(1e15);
    expect([ran, clock.now()]).toEqual([[5, 1e15], 1e15]);
    await clock.runUntil(1.5e15);
    expect([ran, clock.now()]).toEqual([[5, 1e15], 1.5e15]);
  });

  it('says when nothing is left to happen but somebody waits', async () => {
    const clock = new VirtualClock();
    clock.at(3_000_000, () => undefined);
    await expect(clock.runUntilSettled(new Promise(() => undefined), 'the drain')).rejects.toThrow(
      /nothing is left to happen at 3 ms of cluster time, yet the drain is not done/,
    );
    expect(await codeOf(clock.runUntilTrue(() => false))).toBe('RUNTIME_STALLED');
  });

  it('ends the run with the error of an event', async () => {
    const clock = new VirtualClock();
    clock.at(1, () => {
      throw new Error('a bug');
    });
    await expect(clock.runUntilIdle()).rejects.toThrow('a bug');
    await clock.runUntilIdle();
  });

  it('stands still while work outside is done, and keeps the order of events', async () => {
    const clock = new VirtualClock();
    const trace: string[] = [];
    const work = async (): Promise<string> => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      return `done at ${clock.now()}`;
    };
    clock.at(10, async () => {
      const outside = clock.outside(work());
      clock.at(10, () => trace.push('after'));
      trace.push(await outside);
    });
    clock.at(11, () => trace.push('later'));
    await clock.runUntilIdle();
    expect(trace).toEqual(['done at 10', 'after', 'later']);
    const failing = clock.outside(Promise.reject(new Error('no such file')));
    await expect(clock.runUntilSettled(failing)).rejects.toThrow('no such file');
  });
});

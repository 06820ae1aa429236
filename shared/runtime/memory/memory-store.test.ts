// Compare-and-swap under concurrency and loss, against the definition of linearizability: there is one order of the operations,
// compatible with real time, in which each does what a plain variable would (Herlihy and Wing, 1990). Since
// every successful write names the revision it replaced, that order can be read off and checked.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, text } from '../contract/world.ts';
import { type Bucket, hasCode, NS_PER_MS, NS_PER_S } from '../mod.ts';
import { VirtualWorld } from './mod.ts';

interface Write {
  readonly node: string;
  readonly replaced: number;
  /** Undefined when the writer was told of a time-out. */
  readonly revision: number | undefined;
  readonly value: string;
  readonly beganNs: number;
  readonly endedNs: number;
}

async function contend(
  seed: number,
  storeLoss: number,
): Promise<{ readonly writes: readonly Write[]; readonly final: string }> {
  const faults = { storeLoss, delay: 0.5, delayNs: 3 * NS_PER_MS };
  const world = new VirtualWorld({ seed, faults });
  const writes: Write[] = [];
  const contender = async (node: string): Promise<void> => {
    const { clock, store, random } = world.boot(node);
    const bucket = await untilAnswered(() => store.bucket('x'));
    for (let attempt = 0; attempt < 12; attempt++) {
      await clock.sleep(random.below(4 * NS_PER_MS));
      const before = await untilAnswered(() => bucket.get('k'));
      const value = `${node} ${attempt}`;
      const write = { node, replaced: before!.revision, value, beganNs: clock.now() };
      try {
        const revision = await bucket.update('k', bytes(value), before!.revision);
        writes.push({ ...write, revision, endedNs: clock.now() });
      } catch (error) {
        if (hasCode(error, 'RUNTIME_TIMEOUT')) writes.push({ ...write, revision: undefined, endedNs: Infinity });
        else expect(error).toMatchObject({ code: 'RUNTIME_CONFLICT' });
      }
    }
  };
  const body = async (): Promise<string> => {
    const bucket = await untilAnswered(() => world.boot('first').store.bucket('x'));
    await untilAnswered(() => bucket.put('k', bytes('start')));
    await Promise.all(['a', 'b', 'c', 'd'].map(contender));
    return text((await untilAnswered(() => bucket.get('k')))!.value);
  };
  return { final: await world.clock.runUntilSettled(body()), writes };
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!hasCode(error, 'RUNTIME_TIMEOUT')) throw error;
    }
  }
}

describe('in-memory store', () => {
  it('lets at most one writer replace a revision, in an order that agrees with time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.1), async (seed, storeLoss) => {
        const { writes, final } = await contend(seed, storeLoss);
        const sure = writes.filter((write) => write.revision !== undefined).sort((a, b) => a.revision! - b.revision!);
        expect(sure.length).toBeGreaterThan(0);
        expect(new Set(sure.map(({ replaced }) => replaced)).size).toBe(sure.length);
        for (const [earlier, later] of sure.slice(1).map((write, index) => [sure[index]!, write] as const)) {
          // Nothing is replaced that had been replaced before, and no write takes effect before it began or after it ended.
          expect(later.replaced).toBeGreaterThanOrEqual(earlier.revision!);
          expect(earlier.beganNs).toBeLessThan(later.endedNs);
        }
        if (storeLoss === 0) {
          for (const [index, write] of sure.slice(1).entries()) expect(write.replaced).toBe(sure[index]!.revision);
          expect(final).toBe(sure.at(-1)!.value);
        } else {
          expect(writes.map(({ value }) => value)).toContain(final);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('shows a lost answer as a time-out of a change that was made', async () => {
    let [madeAnyway, notMade] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const world = new VirtualWorld({ seed });
      const { store } = world.boot('a');
      const body = async (): Promise<void> => {
        const bucket: Bucket = await store.bucket('x');
        world.network.setFaults({ storeLoss: 0.5 });
        const code = await bucket.put('k', bytes('1')).then(
          () => 'made',
          (error) => error.code,
        );
        world.network.setFaults({ storeLoss: 0 });
        const made = (await bucket.get('k')) !== undefined;
        if (code === 'made') expect(made).toBe(true);
        else if (made) madeAnyway++;
        else notMade++;
      };
      await world.clock.runUntilSettled(body());
      expect(world.clock.now()).toBeLessThan(6 * NS_PER_S);
    }
    expect(madeAnyway).toBeGreaterThan(0);
    expect(notMade).toBeGreaterThan(0);
  });
});

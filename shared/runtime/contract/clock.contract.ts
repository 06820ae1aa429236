// What every version of Clock promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import { NS_PER_MS } from '../mod.ts';
import { Inbox, type OpenContractWorld, withNodes } from './world.ts';

export function clockContract(open: OpenContractWorld): void {
  it('never goes back, and passes', () =>
    withNodes(open, ['a'], async ({ clock }) => {
      const before = clock.now();
      await clock.sleep(5 * NS_PER_MS);
      expect(clock.now()).toBeGreaterThanOrEqual(before + 5 * NS_PER_MS);
    }));

  it('calls back in the order of time, never early, and not when cancelled', () =>
    withNodes(open, ['a'], async ({ clock }) => {
      const inbox = new Inbox<readonly [string, number]>();
      const start = clock.now();
      const set = (name: string, afterNs: number) =>
        clock.at(start + afterNs, () => inbox.take([name, clock.now() - start]));
      set('late', 40 * NS_PER_MS);
      set('early', 10 * NS_PER_MS);
      const cancelled = set('cancelled', 20 * NS_PER_MS);
      cancelled.cancel();
      cancelled.cancel();
      const [first, second] = await inbox.reaches(2);
      expect([first![0], second![0]]).toEqual(['early', 'late']);
      expect(first![1]).toBeGreaterThanOrEqual(10 * NS_PER_MS);
      expect(second![1]).toBeGreaterThanOrEqual(40 * NS_PER_MS);
    }));

  it('calls back for a time that has passed, but not synchronously', () =>
    withNodes(open, ['a'], async ({ clock }) => {
      const inbox = new Inbox<string>();
      clock.at(clock.now() - 1, () => inbox.take('called'));
      inbox.take('went on');
      expect(await inbox.reaches(2)).toEqual(['went on', 'called']);
    }));

  it('rejects a sleep with the reason of its signal, before and during', () =>
    withNodes(open, ['a'], async ({ clock }) => {
      const reason = new Error('woken');
      await expect(clock.sleep(NS_PER_MS, AbortSignal.abort(reason))).rejects.toBe(reason);
      const abort = new AbortController();
      const sleeping = clock.sleep(3_600_000 * NS_PER_MS, abort.signal);
      clock.at(clock.now() + NS_PER_MS, () => abort.abort(reason));
      await expect(sleeping).rejects.toBe(reason);
    }));
}

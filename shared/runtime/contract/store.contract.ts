// What every version of Store promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import type { Change, Log } from '../mod.ts';
import { bytes, codeOf, Inbox, type OpenContractWorld, sharedBytes, text, withNodes } from './world.ts';

function told(change: Change): string {
  return change.kind === 'put' ? `${change.entry.key}=${text(change.entry.value)}` : `${change.key} deleted`;
}

export function storeContract(open: OpenContractWorld): void {
  it('creates, reads, updates and deletes by compare-and-swap', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [mine, theirs] = [await a.store.bucket('vms'), await b.store.bucket('vms')];
      expect(await mine.get('vm-1')).toBeUndefined();
      const first = await mine.create('vm-1', bytes('one'));
      expect(await theirs.get('vm-1')).toEqual({ key: 'vm-1', value: bytes('one'), revision: first });
      expect(await codeOf(theirs.create('vm-1', bytes('two')))).toBe('RUNTIME_CONFLICT');
      const second = await theirs.update('vm-1', bytes('two'), first);
      expect(second).toBeGreaterThan(first);
      expect(await codeOf(mine.update('vm-1', bytes('three'), first))).toBe('RUNTIME_CONFLICT');
      expect(await codeOf(mine.delete('vm-1', first))).toBe('RUNTIME_CONFLICT');
      expect(text((await mine.get('vm-1'))!.value)).toBe('two');
      await mine.delete('vm-1', second);
      expect(await mine.get('vm-1')).toBeUndefined();
      expect(await codeOf(theirs.update('vm-1', bytes('four'), second))).toBe('RUNTIME_CONFLICT');
    }));

  it('can create a key again after its deletion, with a greater revision', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const bucket = await store.bucket('vms');
      const first = await bucket.create('k', bytes('1'));
      await bucket.delete('k');
      await bucket.delete('k');
      await bucket.delete('k', first);
      await bucket.delete('never');
      expect(await bucket.create('k', bytes('2'))).toBeGreaterThan(first);
    }));

  it('lets exactly one of many that race win', () =>
    withNodes(open, ['a', 'b', 'c'], async (...nodes) => {
      const buckets = await Promise.all(nodes.map(({ store }) => store.bucket('race')));
      const revision = await buckets[0]!.create('owner', bytes('nobody'));
      const attempts = buckets.map((bucket, index) =>
        bucket.update('owner', bytes(`node ${index}`), revision).then(
          () => 'won',
          (error) => error.code,
        ),
      );
      expect((await Promise.all(attempts)).sort()).toEqual(['RUNTIME_CONFLICT', 'RUNTIME_CONFLICT', 'won']);
    }));

  it('lists live entries by key', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const bucket = await store.bucket('list');
      expect(await bucket.entries()).toEqual([]);
      for (const key of ['b', 'c', 'a.x', 'a']) await bucket.put(key, bytes(`value of ${key}`));
      await bucket.put('b', bytes('newer'));
      await bucket.delete('c');
      const entries = await bucket.entries();
      expect(entries.map(({ key, value }) => `${key}: ${text(value)}`)).toEqual([
        'a: value of a',
        'a.x: value of a.x',
        'b: newer',
      ]);
      expect(entries[2]!.revision).toBe((await bucket.get('b'))!.revision);
    }));

  it('keeps buckets apart', () =>
    withNodes(open, ['a'], async ({ store }) => {
      await (await store.bucket('one')).put('k', bytes('1'));
      expect(await (await store.bucket('two')).entries()).toEqual([]);
    }));

  it('watches: what is there first, then every change', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const bucket = await a.store.bucket('watched');
      await bucket.put('gone', bytes('1'));
      await bucket.put('there', bytes('1'));
      await bucket.delete('gone');
      const inbox = new Inbox<string>();
      const subscription = await (await b.store.bucket('watched')).watch((change) => inbox.take(told(change)));
      expect(await inbox.reaches(1)).toEqual(['there=1']);
      await bucket.put('new', bytes('2'));
      await inbox.reaches(2);
      await bucket.delete('there');
      expect(await inbox.reaches(3)).toEqual(['there=1', 'new=2', 'there deleted']);
      subscription.unsubscribe();
      await bucket.put('new', bytes('3'));
      const later = new Inbox<string>();
      await (await b.store.bucket('watched')).watch((change) => later.take(told(change)));
      await later.reaches(1);
      expect(inbox.items).toHaveLength(3);
    }));

  it('watches an empty bucket', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const bucket = await store.bucket('empty');
      const inbox = new Inbox<string>();
      await bucket.watch((change) => inbox.take(told(change)));
      await bucket.put('k', bytes('v'));
      expect(await inbox.reaches(1)).toEqual(['k=v']);
    }));

  it('appends to a log only behind the expected record', () =>
    withNodes(open, ['a', 'b'], async (a, b) => {
      const [mine, theirs]: readonly Log[] = [await a.store.log('disk-1'), await b.store.log('disk-1')];
      expect(await mine!.lastSequence()).toBe(0);
      expect(await mine!.read(1, 10)).toEqual([]);
      const first = await mine!.append(bytes('epoch 1'), 0);
      expect(await codeOf(theirs!.append(bytes('stale'), 0))).toBe('RUNTIME_CONFLICT');
      const second = await theirs!.append(bytes('epoch 2'), first);
      expect(second).toBeGreaterThan(first);
      expect(await codeOf(mine!.append(bytes('fenced'), first))).toBe('RUNTIME_CONFLICT');
      expect(await mine!.lastSequence()).toBe(second);
      const records = await mine!.read(1, 10);
      expect(records.map(({ payload }) => text(payload))).toEqual(['epoch 1', 'epoch 2']);
      expect(records.map(({ sequence }) => sequence)).toEqual([first, second]);
    }));

  it('reads a log in parts', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const log = await store.log('long');
      let last = 0;
      for (let index = 0; index < 100; index++) last = await log.append(bytes(String(index)), last);
      const got: string[] = [];
      for (let from = 1; ; ) {
        const records = await log.read(from, 7);
        if (records.length === 0) break;
        got.push(...records.map(({ payload }) => text(payload)));
        from = records.at(-1)!.sequence + 1;
      }
      expect(got).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    }));

  it('keeps what the value was when it was written, and gives out plain bytes', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const [bucket, log] = [await store.bucket('copies'), await store.log('copies')];
      let last = 0;
      for (const value of [bytes('before'), Buffer.from('before'), sharedBytes('before')]) {
        const done = [bucket.put('k', value), log.append(value, last)];
        value.set(bytes('later!'));
        last = (await Promise.all(done))[1]!;
        const entry = (await bucket.get('k'))!;
        const [record] = await log.read(last, 1);
        expect([text(entry.value), text(record!.payload)]).toEqual(['before', 'before']);
        expect([entry.value.constructor, record!.payload.constructor]).toEqual([Uint8Array, Uint8Array]);
      }
    }));

  it('keeps large values', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const value = new Uint8Array(500_000).map((_, index) => index * 7);
      const bucket = await store.bucket('large');
      await bucket.put('k', value);
      expect(Buffer.compare((await bucket.get('k'))!.value, value)).toBe(0);
    }));

  it('refuses names that a server would not take', () =>
    withNodes(open, ['a'], async ({ store }) => {
      const bucket = await store.bucket('names');
      for (const key of ['', 'a b', '*', 'a.', '.a', 'a..b', '>']) {
        expect(await codeOf(bucket.put(key, bytes('')))).toBe('RUNTIME_BAD_NAME');
      }
      expect(await codeOf(store.bucket('a.b'))).toBe('RUNTIME_BAD_NAME');
      expect(await codeOf(store.log('a b'))).toBe('RUNTIME_BAD_NAME');
    }));
}

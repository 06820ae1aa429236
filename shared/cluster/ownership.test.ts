import { describe, expect, test } from 'vitest';
import { ownerRecordCodec } from '../protocol/mod.ts';
import { type Bucket, type Entry, runtimeErrors } from '../runtime/mod.ts';
import { OWNERSHIP_ATTEMPTS_MAX, type Owned, Ownership, type OwnershipOutcome } from './ownership.ts';

type Fault = 'lost-before' | 'lost-after';

/** One key-value bucket whose next calls time out on purpose, before or after they took effect. */
class FaultyBucket implements Bucket {
  readonly faults: (Fault | undefined)[] = [];
  /** Runs once, between a write that is lost on its way and the next call. */
  meanwhile: (() => Promise<unknown>) | undefined;
  readonly #entries = new Map<string, Entry>();
  #revision = 0;

  get(key: string): Promise<Entry | undefined> {
    return this.#call(() => this.#entries.get(key));
  }
  create(key: string, value: Uint8Array): Promise<number> {
    return this.#call(() => this.#set(key, value, this.#entries.has(key)));
  }
  update(key: string, value: Uint8Array, expectedRevision: number): Promise<number> {
    return this.#call(() => this.#set(key, value, this.#entries.get(key)?.revision !== expectedRevision));
  }
  put(): Promise<number> {
    throw new Error('ownership never writes without compare-and-swap');
  }
  delete(): Promise<void> {
    throw new Error('ownership never deletes');
  }
  entries(): Promise<readonly Entry[]> {
    throw new Error('not used');
  }
  watch(): Promise<never> {
    throw new Error('not used');
  }

  #set(key: string, value: Uint8Array, isConflict: boolean): number {
    if (isConflict) throw runtimeErrors.create('RUNTIME_CONFLICT', { what: key, expected: 0 });
    this.#revision += 1;
    this.#entries.set(key, { key, value, revision: this.#revision });
    return this.#revision;
  }

  async #call<T>(effect: () => T): Promise<T> {
    const fault = this.faults.shift();
    const timeout = runtimeErrors.create('RUNTIME_TIMEOUT', { what: 'the store', durationMs: 1 });
    if (fault === 'lost-before') {
      const { meanwhile } = this;
      this.meanwhile = undefined;
      await meanwhile?.();
      throw timeout;
    }
    const result = effect();
    if (fault === 'lost-after') throw timeout;
    return result;
  }
}

function ownedOf(outcome: OwnershipOutcome): Owned {
  if (outcome.kind !== 'done') throw new Error(`expected done, got ${JSON.stringify(outcome)}`);
  return outcome.owned;
}

function setUp() {
  const bucket = new FaultyBucket();
  return { bucket, ownership: new Ownership(bucket) };
}

describe('ownership', () => {
  test('a first claim creates epoch 1 and a second claim loses to it', async () => {
    const { ownership } = setUp();
    const owned = ownedOf(await ownership.claim('v1', 'h1'));
    expect(owned.record).toEqual({ vm: 'v1', host: 'h1', epoch: 1 });
    expect(await ownership.claim('v1', 'h2')).toEqual({ kind: 'lost', now: owned });
    expect(await ownership.read('v1')).toEqual(owned);
  });

  test('swap raises the epoch, and the same swap again finds its own work done', async () => {
    const { ownership } = setUp();
    const from = ownedOf(await ownership.claim('v1', 'h1'));
    const to = ownedOf(await ownership.swap(from, 'h2'));
    expect(to.record).toEqual({ vm: 'v1', host: 'h2', epoch: 2 });
    expect(await ownership.swap(from, 'h2')).toEqual({ kind: 'done', owned: to });
  });

  test('after reclaim the swap from the same record can only lose, and the other way round', async () => {
    const { ownership } = setUp();
    const first = ownedOf(await ownership.claim('v1', 'h1'));
    const reclaimed = ownedOf(await ownership.reclaim(first));
    expect(reclaimed.record).toEqual({ vm: 'v1', host: 'h1', epoch: 2 });
    expect(await ownership.swap(first, 'h2')).toEqual({ kind: 'lost', now: reclaimed });
    const swapped = ownedOf(await ownership.swap(reclaimed, 'h2'));
    expect(await ownership.reclaim(reclaimed)).toEqual({ kind: 'lost', now: swapped });
  });

  test('a released VM is claimed again under a higher epoch', async () => {
    const { ownership } = setUp();
    const owned = ownedOf(await ownership.claim('v1', 'h1'));
    const released = ownedOf(await ownership.release(owned));
    expect(released.record).toEqual({ vm: 'v1', host: 'h1', epoch: 2, released: true });
    expect(ownedOf(await ownership.claim('v1', 'h2')).record).toEqual({ vm: 'v1', host: 'h2', epoch: 3 });
  });

  test('a write that happened and whose answer was lost is told as done', async () => {
    const { bucket, ownership } = setUp();
    bucket.faults.push(undefined, 'lost-after');
    const owned = ownedOf(await ownership.claim('v1', 'h1'));
    bucket.faults.push('lost-after', undefined, 'lost-after');
    expect(ownedOf(await ownership.swap(owned, 'h2')).record.epoch).toBe(2);
  });

  test('a write that never arrived is repeated', async () => {
    const { bucket, ownership } = setUp();
    bucket.faults.push('lost-before', undefined, 'lost-before');
    const owned = ownedOf(await ownership.claim('v1', 'h1'));
    bucket.faults.push('lost-before', 'lost-before');
    expect(ownedOf(await ownership.reclaim(owned)).record.epoch).toBe(2);
  });

  test('a write that never arrived loses when another one came first', async () => {
    const { bucket, ownership } = setUp();
    const from = ownedOf(await ownership.claim('v1', 'h1'));
    bucket.faults.push('lost-before');
    bucket.meanwhile = () => ownership.reclaim(from);
    const outcome = await ownership.swap(from, 'h2');
    expect(outcome).toMatchObject({ kind: 'lost', now: { record: { host: 'h1', epoch: 2 } } });
  });

  test('a store that stays silent gives unknown, and the same call tells later what became of it', async () => {
    const { bucket, ownership } = setUp();
    const from = ownedOf(await ownership.claim('v1', 'h1'));
    bucket.faults.push('lost-after', ...Array<Fault>(2 * OWNERSHIP_ATTEMPTS_MAX).fill('lost-before'));
    expect((await ownership.swap(from, 'h2')).kind).toBe('unknown');
    bucket.faults.length = 0;
    expect(ownedOf(await ownership.swap(from, 'h2')).record).toEqual({ vm: 'v1', host: 'h2', epoch: 2 });
  });

  test('a record that is not one is an error, not an absence', async () => {
    const { bucket, ownership } = setUp();
    await bucket.create('v1', new TextEncoder().encode('{"vm":"v1"}'));
    await expect(ownership.claim('v1', 'h1')).rejects.toMatchObject({ code: 'PROTOCOL_BAD_MESSAGE' });
    expect(() => ownerRecordCodec.decode(new Uint8Array([0xff]))).toThrow();
  });
});

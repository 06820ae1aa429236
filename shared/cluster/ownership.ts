// The one door through which a VM changes hands (DESIGN, "Ownership: at most one copy whose effects count"). A record
// {vm, host, epoch} in the store changes only by compare-and-swap on its revision, and every change raises the epoch. A write
// whose answer is lost may have happened, or may still happen; these functions look again until they know, and say
// `unknown` when they cannot. Records are never deleted, so that epochs of a name never start again.

import assert from 'node:assert/strict';
import { type OwnerRecord, ownerRecordCodec } from '../protocol/mod.ts';
import { type Bucket, hasCode } from '../runtime/mod.ts';

/** A record as it was read, with the revision that the next change must name. */
export interface Owned {
  readonly record: OwnerRecord;
  readonly revision: number;
}

/**
 * - `done`: the record stands as we wanted it.
 * - `lost`: our write did not happen and never will; `now` is what stands instead (undefined: no record).
 * - `unknown`: the store did not answer often enough to tell; our write may have happened or may happen later. Whoever
 *   acts on it must first learn the truth: by trying again (the same call is safe), or by fencing with `reclaim`.
 */
export type OwnershipOutcome =
  | { readonly kind: 'done'; readonly owned: Owned }
  | { readonly kind: 'lost'; readonly now: Owned | undefined }
  | { readonly kind: 'unknown'; readonly cause: unknown };

/** How often a write or a look is repeated after a time-out before the outcome is `unknown`. Chosen. */
export const OWNERSHIP_ATTEMPTS_MAX = 4;

export class Ownership {
  readonly #owners: Bucket;

  /** `owners` is the bucket BUCKET_OWNERS. */
  constructor(owners: Bucket) {
    this.#owners = owners;
  }

  /** The record as it stands; rejects as the bucket does. */
  async read(vm: string): Promise<Owned | undefined> {
    const entry = await this.#owners.get(vm);
    return entry === undefined ? undefined : { record: ownerRecordCodec.decode(entry.value), revision: entry.revision };
  }

  /**
   * For the start of a VM that nobody owns: creates the record with epoch 1, or takes a released one with the next epoch.
   * `lost` when somebody owns it; that may be the same host, from an earlier claim.
   */
  async claim(vm: string, host: string): Promise<OwnershipOutcome> {
    const before = await this.#look(vm);
    if (before.kind === 'unknown') return before;
    if (before.owned === undefined) return this.#write({ vm, host, epoch: 1 }, undefined);
    if (before.owned.record.released !== true) return { kind: 'lost', now: before.owned };
    return this.#write({ vm, host, epoch: before.owned.record.epoch + 1 }, before.owned);
  }

  /** Hands the VM from the owner read before to `toHost` with the next epoch: a migration's switch-over. */
  swap(from: Owned, toHost: string): Promise<OwnershipOutcome> {
    assert(from.record.released !== true, `${from.record.vm} has no owner to take it from; claim it`);
    return this.#write({ vm: from.record.vm, host: toHost, epoch: from.record.epoch + 1 }, from);
  }

  /**
   * The same host with the next epoch. After `done`, a swap from the same `from` that is still under way can only lose: a
   * source uses it before it resumes a VM whose destination has gone silent.
   */
  reclaim(from: Owned): Promise<OwnershipOutcome> {
    return this.swap(from, from.record.host);
  }

  /** Says that the VM has ended: nobody owns it, and a start that is still under way under `from`'s epoch is refused. */
  release(from: Owned): Promise<OwnershipOutcome> {
    const { vm, host, epoch } = from.record;
    return this.#write({ vm, host, epoch: epoch + 1, released: true }, from);
  }

  /**
   * Writes `record` over `from` (undefined: creates it). A write that timed out is repeated with the same revision: at most one
   * of the repetitions can succeed, and a conflict tells that the record has moved on, by our hand or another's.
   */
  async #write(record: OwnerRecord, from: Owned | undefined): Promise<OwnershipOutcome> {
    const value = ownerRecordCodec.encode(record);
    let cause: unknown;
    for (let attempt = 1; attempt <= OWNERSHIP_ATTEMPTS_MAX; attempt++) {
      try {
        const revision =
          from === undefined
            ? await this.#owners.create(record.vm, value)
            : await this.#owners.update(record.vm, value, from.revision);
        return { kind: 'done', owned: { record, revision } };
      } catch (error) {
        if (hasCode(error, 'RUNTIME_CONFLICT')) return this.#settle(record);
        if (!hasCode(error, 'RUNTIME_TIMEOUT')) throw error;
        cause = error;
      }
    }
    return { kind: 'unknown', cause };
  }

  /** After a conflict: what stands now? Our own record, when an earlier attempt or an earlier call had no answer. */
  async #settle(record: OwnerRecord): Promise<OwnershipOutcome> {
    const look = await this.#look(record.vm);
    if (look.kind === 'unknown') return look;
    const now = look.owned;
    return now !== undefined && sameRecord(now.record, record) ? { kind: 'done', owned: now } : { kind: 'lost', now };
  }

  async #look(vm: string): Promise<Look> {
    let cause: unknown;
    for (let attempt = 1; attempt <= OWNERSHIP_ATTEMPTS_MAX; attempt++) {
      try {
        return { kind: 'seen', owned: await this.read(vm) };
      } catch (error) {
        if (!hasCode(error, 'RUNTIME_TIMEOUT')) throw error;
        cause = error;
      }
    }
    return { kind: 'unknown', cause };
  }
}

type Look =
  | { readonly kind: 'seen'; readonly owned: Owned | undefined }
  | { readonly kind: 'unknown'; readonly cause: unknown };

function sameRecord(a: OwnerRecord, b: OwnerRecord): boolean {
  return a.vm === b.vm && a.host === b.host && a.epoch === b.epoch && a.released === b.released;
}

// What the cluster remembers: key-value buckets with compare-and-swap, and append-only logs with an expected last
// sequence. Live: JetStream. Revisions and sequences grow strictly; nothing else about them is promised.

import type { Subscription } from './transport.ts';

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
}

export type Change =
  | { readonly kind: 'put'; readonly entry: Entry }
  | { readonly kind: 'delete'; readonly key: string; readonly revision: number };

export interface Bucket {
  get(key: string): Promise<Entry | undefined>;
  /** Rejects with RUNTIME_CONFLICT when the key exists. Resolves to the new revision. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Compare-and-swap. Rejects with RUNTIME_CONFLICT when the key's revision is not `expectedRevision`. */
  update(key: string, value: Uint8Array, expectedRevision: number): Promise<number>;
  /** Last writer wins. */
  put(key: string, value: Uint8Array): Promise<number>;
  /** With `expectedRevision`, compare-and-swap; deleting a key that is not there succeeds. */
  delete(key: string, expectedRevision?: number): Promise<void>;
  /** All live entries, by key in ascending order. */
  entries(): Promise<readonly Entry[]>;
  /** Every change from now on, after all present entries as `put`. May skip to the newest value of a key. */
  watch(handler: (change: Change) => void): Promise<Subscription>;
}

export interface LogRecord {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface Log {
  /** Rejects with RUNTIME_CONFLICT when the log's last sequence is not `expectedLastSequence` (0 for an empty log). */
  append(payload: Uint8Array, expectedLastSequence: number): Promise<number>;
  /** Records with sequence >= `fromSequence`, at most `limit`, in order. */
  read(fromSequence: number, limit: number): Promise<readonly LogRecord[]>;
  lastSequence(): Promise<number>;
}

/** Every call may reject with RUNTIME_TIMEOUT; then the change may or may not have happened, and the caller has to look. */
export interface Store {
  bucket(name: string): Promise<Bucket>;
  log(name: string): Promise<Log>;
}

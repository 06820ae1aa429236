// The store on JetStream: a bucket is a key-value stream as the `nats kv` command knows it (ADR-8, history of one), a log is a
// stream with one subject whose appends state the stream-wide last sequence. A stream that the server has lost is made again
// when it is next written, so that a store that forgot is an empty one.

import { copyBytes } from '../../bytes.ts';
import { runtimeErrors } from '../../errors.ts';
import { checkKey, checkName } from '../../names.ts';
import type { Bucket, Change, Entry, Log, LogRecord, Store } from '../../ports/store.ts';
import type { Subscription } from '../../ports/transport.ts';
import type { NatsClient } from './client.ts';
import { type Expectation, JetStream, type StoredMessage } from './jet-stream.ts';
import { NatsWatch } from './watch.ts';

export interface NatsStoreOptions {
  /** By the wall clock. Default 5 s. */
  readonly timeoutMs?: number;
  /** Where JetStream keeps it. Default `file`. */
  readonly storage?: 'file' | 'memory';
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** Chosen: requests under way at once when many messages are read. */
const READ_AHEAD = 64;

export class NatsStore implements Store {
  readonly #jetStream: JetStream;
  readonly #storage: string;

  constructor(client: NatsClient, options: NatsStoreOptions = {}) {
    this.#jetStream = new JetStream(client, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    this.#storage = options.storage ?? 'file';
  }

  async bucket(name: string): Promise<Bucket> {
    checkName('the bucket', name);
    const bucket = new NatsBucket(this.#jetStream, name, this.#storage);
    await bucket.ensure();
    return bucket;
  }

  async log(name: string): Promise<Log> {
    checkName('the log', name);
    const log = new NatsLog(this.#jetStream, name, this.#storage);
    await log.ensure();
    return log;
  }
}

class NatsBucket implements Bucket {
  readonly #jetStream: JetStream;
  readonly #name: string;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #storage: string;

  constructor(jetStream: JetStream, name: string, storage: string) {
    this.#jetStream = jetStream;
    this.#name = name;
    this.#stream = `KV_${name}`;
    this.#prefix = `$KV.${name}.`;
    this.#storage = storage;
  }

  ensure(): Promise<void> {
    return this.#jetStream.ensureStream(this.#stream, {
      subjects: [`${this.#prefix}>`],
      max_msgs_per_subject: 1,
      storage: this.#storage,
      retention: 'limits',
      discard: 'new',
      num_replicas: 1,
      max_msgs: -1,
      max_bytes: -1,
      max_age: 0,
      max_msg_size: -1,
      max_consumers: -1,
      deny_delete: true,
      allow_rollup_hdrs: true,
      allow_direct: true,
    });
  }

  async get(key: string): Promise<Entry | undefined> {
    const newest = await this.#newest(key);
    return newest === undefined || newest.isTombstone ? undefined : this.#entry(newest);
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    const revision = await this.#write('creating', key, value, 0);
    if (revision !== undefined) return revision;
    // A deleted key leaves a tombstone, whose sequence is then the expected one.
    const newest = await this.#newest(key);
    if (newest?.isTombstone !== true) throw this.#conflict(key, 0);
    return this.update(key, value, newest.sequence);
  }

  async update(key: string, value: Uint8Array, expectedRevision: number): Promise<number> {
    const revision = await this.#write('updating', key, value, expectedRevision);
    if (revision === undefined) throw this.#conflict(key, expectedRevision);
    return revision;
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    return (await this.#write('writing', key, value, undefined))!;
  }

  async delete(key: string, expectedRevision?: number): Promise<void> {
    const before = await this.#newest(key);
    if (before === undefined || before.isTombstone) return;
    const headers = { 'KV-Operation': 'DEL' };
    const revision = await this.#write('deleting', key, new Uint8Array(), expectedRevision, headers);
    if (revision === undefined && (await this.get(key)) !== undefined) throw this.#conflict(key, expectedRevision!);
  }

  async entries(): Promise<readonly Entry[]> {
    const subjects = (await this.#jetStream.subjects(this.#stream, `${this.#prefix}>`)).toSorted();
    const newest = await readAll(subjects, (subject) => this.#jetStream.last(this.#stream, subject));
    return newest.filter((message) => !message.isTombstone).map((message) => this.#entry(message));
  }

  async watch(handler: (change: Change) => void): Promise<Subscription> {
    const watch = new NatsWatch(this.#jetStream, this.#stream, {
      filter: `${this.#prefix}>`,
      ensure: () => this.ensure(),
      take: (message) => handler(this.#change(message)),
    });
    await watch.begin();
    return { unsubscribe: () => watch.end() };
  }

  /** Undefined when the expectation was not met. */
  async #write(
    verb: string,
    key: string,
    value: Uint8Array,
    expectedRevision: number | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    checkKey(key);
    const expected: { readonly expected?: Expectation } =
      expectedRevision === undefined
        ? {}
        : { expected: { header: 'Nats-Expected-Last-Subject-Sequence', sequence: expectedRevision } };
    const what = `${verb} ${this.#name}/${key}`;
    return this.#jetStream.append(what, this.#prefix + key, copyBytes(value), { ...expected, headers });
  }

  async #newest(key: string): Promise<StoredMessage | undefined> {
    checkKey(key);
    return this.#jetStream.last(this.#stream, this.#prefix + key);
  }

  #entry({ subject, payload, sequence }: StoredMessage): Entry {
    return { key: subject.slice(this.#prefix.length), value: payload, revision: sequence };
  }

  #change(message: StoredMessage): Change {
    const entry = this.#entry(message);
    return message.isTombstone ? { kind: 'delete', key: entry.key, revision: entry.revision } : { kind: 'put', entry };
  }

  #conflict(key: string, expected: number): Error {
    return runtimeErrors.create('RUNTIME_CONFLICT', { what: `the change of ${this.#name}/${key}`, expected });
  }
}

class NatsLog implements Log {
  readonly #jetStream: JetStream;
  readonly #name: string;
  readonly #stream: string;
  readonly #subject: string;
  readonly #storage: string;

  constructor(jetStream: JetStream, name: string, storage: string) {
    this.#jetStream = jetStream;
    this.#name = name;
    this.#stream = `LOG_${name}`;
    this.#subject = `$LOG.${name}`;
    this.#storage = storage;
  }

  ensure(): Promise<void> {
    return this.#jetStream.ensureStream(this.#stream, {
      subjects: [this.#subject],
      storage: this.#storage,
      retention: 'limits',
      discard: 'new',
      num_replicas: 1,
      max_msgs: -1,
      max_bytes: -1,
      max_age: 0,
      max_msg_size: -1,
      max_consumers: -1,
      allow_direct: true,
    });
  }

  async append(payload: Uint8Array, expectedLastSequence: number): Promise<number> {
    const expected: Expectation = { header: 'Nats-Expected-Last-Sequence', sequence: expectedLastSequence };
    const what = `appending to ${this.#name}`;
    const sequence = await this.#jetStream.append(what, this.#subject, copyBytes(payload), { expected });
    if (sequence !== undefined) return sequence;
    const parameters = { what: `the append to the log ${this.#name}`, expected: expectedLastSequence };
    throw runtimeErrors.create('RUNTIME_CONFLICT', parameters);
  }

  async read(fromSequence: number, limit: number): Promise<readonly LogRecord[]> {
    const state = await this.#jetStream.streamState(this.#stream);
    if (state === undefined) return [];
    const records: LogRecord[] = [];
    let next = Math.max(fromSequence, state.firstSequence, 1);
    // Compaction leaves gaps, so a part may yield fewer records than it has sequences.
    while (records.length < limit && next <= state.lastSequence) {
      const count = Math.min(READ_AHEAD, limit - records.length, state.lastSequence - next + 1);
      const sequences = Array.from({ length: count }, (_, index) => next + index);
      const part = await readAll(sequences, (sequence) => this.#jetStream.at(this.#stream, sequence));
      records.push(...part.map(({ sequence, payload }) => ({ sequence, payload })));
      next += count;
    }
    return records;
  }

  async lastSequence(): Promise<number> {
    return (await this.#jetStream.streamState(this.#stream))?.lastSequence ?? 0;
  }
}

/** Reads many, a bounded number at once; what is gone is left out. */
async function readAll<K>(
  keys: readonly K[],
  read: (key: K) => Promise<StoredMessage | undefined>,
): Promise<readonly StoredMessage[]> {
  const found: StoredMessage[] = [];
  for (let first = 0; first < keys.length; first += READ_AHEAD) {
    const part = await Promise.all(keys.slice(first, first + READ_AHEAD).map(read));
    found.push(...part.filter((message) => message !== undefined));
  }
  return found;
}

// The store of a replay: it lives on the broker's node, every call crosses the network and back, and what gets lost on the way
// shows as RUNTIME_TIMEOUT, with the change made or not. Watchers catch up after a partition, and may then skip to a
// key's newest value.

import { copyBytes } from '../bytes.ts';
import { CodedError } from '../coded-errors.ts';
import { runtimeErrors } from '../errors.ts';
import { checkKey, checkName } from '../names.ts';
import { NS_PER_MS, NS_PER_S } from '../ports/clock.ts';
import type { Bucket, Change, Log, Store } from '../ports/store.ts';
import type { Subscription } from '../ports/transport.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { MemoryLog } from './memory-log.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** Chosen: as the live client's. */
const DEFAULT_TIMEOUT_NS = 5 * NS_PER_S;

type Call = <T>(what: string, apply: () => T) => Promise<T>;

export class MemoryStoreServer {
  readonly #network: VirtualNetwork;
  readonly #timeoutNs: number;
  readonly #buckets = new Map<string, MemoryBucket>();
  readonly #logs = new Map<string, MemoryLog>();

  constructor(network: VirtualNetwork, options: { readonly timeoutNs?: number } = {}) {
    this.#network = network;
    this.#timeoutNs = options.timeoutNs ?? DEFAULT_TIMEOUT_NS;
  }

  /** The store as the node's present life sees it. */
  client(node: string): Store {
    const process = this.#network.process(node);
    const call: Call = (what, apply) => this.#call(process, what, apply);
    return {
      bucket: async (name) => {
        checkName('the bucket', name);
        const bucket = await call(`opening the bucket ${name}`, () => this.#bucket(name));
        return bucketClient(this.#network, process, bucket, call);
      },
      log: async (name) => {
        checkName('the log', name);
        const log = await call(`opening the log ${name}`, () => this.#log(name));
        return logClient(log, call);
      },
    };
  }

  #bucket(name: string): MemoryBucket {
    const bucket = this.#buckets.get(name) ?? new MemoryBucket(name);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #log(name: string): MemoryLog {
    const log = this.#logs.get(name) ?? new MemoryLog(name);
    this.#logs.set(name, log);
    return log;
  }

  /** There, the change, and back. */
  #call<T>(process: VirtualProcess, what: string, apply: () => T): Promise<T> {
    const network = this.#network;
    const { node, clock } = process;
    const server = network.brokerNode;
    return new Promise((resolve, reject) => {
      let timedOut = false;
      const timer = clock.at(clock.now() + this.#timeoutNs, () => {
        timedOut = true;
        reject(runtimeErrors.create('RUNTIME_TIMEOUT', { what, durationMs: this.#timeoutNs / NS_PER_MS }));
      });
      if (!process.alive || network.strikes('storeLoss')) return;
      network.arrive(node, server, network.arrivalNs(node, server, 'store'), () => {
        const settle = outcomeOf(apply);
        if (network.strikes('storeLoss')) return;
        network.arrive(server, node, network.arrivalNs(server, node, 'store'), () => {
          if (timedOut || !process.alive) return;
          timer.cancel();
          settle(resolve, reject);
        });
      });
    });
  }
}

function outcomeOf<T>(apply: () => T): (resolve: (value: T) => void, reject: (error: unknown) => void) => void {
  try {
    const value = apply();
    return (resolve) => resolve(value);
  } catch (error) {
    // A refusal is an answer; anything else is a bug and must not travel.
    if (!(error instanceof CodedError)) throw error;
    return (_, reject) => reject(error);
  }
}

function bucketClient(network: VirtualNetwork, process: VirtualProcess, bucket: MemoryBucket, call: Call): Bucket {
  const at = (verb: string, key: string): string => {
    checkKey(key);
    return `${verb} ${bucket.name}/${key}`;
  };
  return {
    get: async (key) => call(at('reading', key), () => bucket.get(key)),
    create: async (key, value) => {
      const copy = copyBytes(value);
      return call(at('creating', key), () => bucket.create(key, copy));
    },
    update: async (key, value, expectedRevision) => {
      const copy = copyBytes(value);
      return call(at('updating', key), () => bucket.update(key, copy, expectedRevision));
    },
    put: async (key, value) => {
      const copy = copyBytes(value);
      return call(at('writing', key), () => bucket.put(key, copy));
    },
    delete: async (key, expectedRevision) => call(at('deleting', key), () => bucket.delete(key, expectedRevision)),
    entries: () => call(`listing ${bucket.name}`, () => bucket.entries()),
    watch: async (handler: (change: Change) => void): Promise<Subscription> => {
      const watch = new MemoryWatch(network, process, handler);
      await call(`watching ${bucket.name}`, () => watch.begin(bucket));
      return { unsubscribe: () => watch.end() };
    },
  };
}

function logClient(log: MemoryLog, call: Call): Log {
  return {
    append: (payload, expectedLastSequence) => {
      const copy = copyBytes(payload);
      return call(`appending to ${log.name}`, () => log.append(copy, expectedLastSequence));
    },
    read: (fromSequence, limit) => call(`reading ${log.name}`, () => log.read(fromSequence, limit)),
    lastSequence: () => call(`reading ${log.name}`, () => log.lastSequence),
  };
}

// One bucket as the server holds it: the newest value or tombstone of every key, in the order of their revisions. It knows
// nothing of time and distance; the store's client adds those.

import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import type { Change, Entry } from '../ports/store.ts';

interface Version {
  /** Undefined for a tombstone. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

export class MemoryBucket {
  readonly name: string;
  readonly #versions = new Map<string, Version>();
  readonly #watchers = new Set<(change: Change) => void>();
  #revision = 0;

  constructor(name: string) {
    this.name = name;
  }

  get(key: string): Entry | undefined {
    const version = this.#versions.get(key);
    if (version?.value === undefined) return undefined;
    return { key, value: copyBytes(version.value), revision: version.revision };
  }

  create(key: string, value: Uint8Array): number {
    if (this.get(key) !== undefined) throw this.#conflict(key, 0);
    return this.put(key, value);
  }

  update(key: string, value: Uint8Array, expectedRevision: number): number {
    // As on the server, a tombstone's revision counts too, and 0 stands for a key that never was.
    if ((this.#versions.get(key)?.revision ?? 0) !== expectedRevision) throw this.#conflict(key, expectedRevision);
    return this.put(key, value);
  }

  put(key: string, value: Uint8Array): number {
    return this.#write(key, copyBytes(value));
  }

  delete(key: string, expectedRevision?: number): void {
    const version = this.#versions.get(key);
    if (version?.value === undefined) return;
    if (expectedRevision !== undefined && version.revision !== expectedRevision)
      throw this.#conflict(key, expectedRevision);
    this.#write(key, undefined);
  }

  entries(): readonly Entry[] {
    const keys = [...this.#versions.keys()].sort();
    return keys.map((key) => this.get(key)).filter((entry) => entry !== undefined);
  }

  /** Hears all present entries in the order of their revisions, at once, and then every change. */
  watch(watcher: (change: Change) => void): { stop(): void } {
    const present = this.entries().toSorted((a, b) => a.revision - b.revision);
    for (const entry of present) watcher({ kind: 'put', entry });
    this.#watchers.add(watcher);
    return { stop: () => this.#watchers.delete(watcher) };
  }

  #write(key: string, value: Uint8Array | undefined): number {
    const revision = ++this.#revision;
    this.#versions.set(key, { value, revision });
    for (const watcher of this.#watchers) {
      watcher(
        value === undefined
          ? { kind: 'delete', key, revision }
          : { kind: 'put', entry: { key, value: copyBytes(value), revision } },
      );
    }
    return revision;
  }

  #conflict(key: string, expected: number): Error {
    return runtimeErrors.create('RUNTIME_CONFLICT', { what: `the change of ${this.name}/${key}`, expected });
  }
}

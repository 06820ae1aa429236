// The log of a run: every event once, ordered by (timeNs, source, sequence), one line of canonical JSON each, and the digest of all
// of it. Events come in with the delay of the network, so a line is written when nothing earlier can follow.

import { createHash } from 'node:crypto';
import type { ClusterEvent } from '../protocol/mod.ts';
import { canonicalJson } from './canonical-json.ts';

export class EventLog {
  readonly #write: (line: string) => void;
  readonly #hash = createHash('sha256');
  readonly #lastSequences = new Map<string, number>();
  #pending: ClusterEvent[] = [];
  #settledNs = Number.NEGATIVE_INFINITY;
  #count = 0;
  #late = 0;
  #missing = 0;

  /** `write` is given each line with its line feed. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get count(): number {
    return this.#count;
  }

  /** Events that came after later ones had been written; live only. */
  get late(): number {
    return this.#late;
  }

  /** Events that never came, by the gaps in their sources' sequences; live only. */
  get missing(): number {
    return this.#missing;
  }

  add(event: ClusterEvent): void {
    if (event.timeNs <= this.#settledNs) this.#late += 1;
    this.#pending.push(event);
  }

  /** Writes all that happened up to `untilNs`. */
  settle(untilNs: number): void {
    const due = this.#pending.filter((event) => event.timeNs <= untilNs);
    this.#pending = this.#pending.filter((event) => event.timeNs > untilNs);
    for (const event of due.sort(byOrder)) this.#append(event);
    this.#settledNs = Math.max(this.#settledNs, untilNs);
  }

  /** Writes the rest; the SHA-256 of the whole log in hexadecimal. */
  close(): string {
    this.settle(Number.POSITIVE_INFINITY);
    return this.#hash.digest('hex');
  }

  #append(event: ClusterEvent): void {
    const last = this.#lastSequences.get(event.source) ?? 0;
    if (event.sequence > last) {
      this.#missing += event.sequence - last - 1;
      this.#lastSequences.set(event.source, event.sequence);
    }
    const line = `${canonicalJson(event)}\n`;
    this.#hash.update(line);
    this.#count += 1;
    this.#write(line);
  }
}

function byOrder(a: ClusterEvent, b: ClusterEvent): number {
  if (a.timeNs !== b.timeNs) return a.timeNs - b.timeNs;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.sequence - b.sequence;
}

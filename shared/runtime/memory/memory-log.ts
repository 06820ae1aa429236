// One append-only log as the server holds it.

import { copyBytes } from '../bytes.ts';
import { runtimeErrors } from '../errors.ts';
import type { LogRecord } from '../ports/store.ts';

export class MemoryLog {
  readonly name: string;
  readonly #records: LogRecord[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get lastSequence(): number {
    return this.#records.length;
  }

  append(payload: Uint8Array, expectedLastSequence: number): number {
    if (expectedLastSequence !== this.lastSequence) {
      const parameters = { what: `the append to the log ${this.name}`, expected: expectedLastSequence };
      throw runtimeErrors.create('RUNTIME_CONFLICT', parameters);
    }
    const sequence = this.lastSequence + 1;
    this.#records.push({ sequence, payload: copyBytes(payload) });
    return sequence;
  }

  read(fromSequence: number, limit: number): readonly LogRecord[] {
    const first = Math.max(fromSequence - 1, 0);
    return this.#records
      .slice(first, first + limit)
      .map(({ sequence, payload }) => ({ sequence, payload: copyBytes(payload) }));
  }
}

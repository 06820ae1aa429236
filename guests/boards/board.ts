// What the guests' tests need of a machine, whichever it is: QEMU's `virt` board or our own. The same table of tests
// runs on both, so a guest that behaves differently shows which of the two is wrong.

import type { GuestName } from '../guest-names.ts';

export interface GuestStart {
  readonly guest: GuestName;
  readonly bootArguments?: string;
  readonly memoryMib?: number;
}

export interface Board {
  readonly name: string;
  start(options: GuestStart): GuestRun;
}

export interface GuestRun {
  /** Types bytes on the guest's console. */
  type(text: string): void;
  /** The next complete line of output, without its end. Rejects when the guest ends or stays silent too long. */
  nextLine(): Promise<string>;
  /** Lets at least that much guest time pass where time is ours to give; elsewhere time passes by itself. */
  advance(guestMs: number): void;
  /** Exit code of the test finisher, and the lines not read yet. */
  end(): Promise<{ readonly exitCode: number; readonly lines: readonly string[] }>;
  /** Frees what the run holds; idempotent. */
  stop(): void;
}

/** Sends one command and answers its one line. */
export function ask(run: GuestRun, command: string): Promise<string> {
  run.type(`${command}\n`);
  return run.nextLine();
}

/** `key=value` words of a line as a map. */
export function fields(line: string): Map<string, string> {
  const pairs = line.split(' ').filter((word) => word.includes('='));
  return new Map(pairs.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

/** A numeric field of a line such as that of `stats`. */
export function numberIn(line: string, key: string): number {
  const value = fields(line).get(key);
  if (value === undefined || !/^\d+$/.test(value)) throw new Error(`no number ${key} in: ${line}`);
  return Number(value);
}

/** Asks for `stats` until `holds` of the answer; how long that may take is the run's deadline for silence, many times over. */
export async function statsUntil(run: GuestRun, holds: (stats: string) => boolean): Promise<string> {
  const asks = 100_000;
  let stats = '';
  for (let i = 0; i < asks; i++) {
    stats = await ask(run, 'stats');
    if (holds(stats)) return stats;
    run.advance(1);
  }
  throw new Error(`never came to hold; last stats: ${stats}`);
}

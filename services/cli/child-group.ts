// The processes that a command starts, each the leader of its own process group, so that a Ctrl-C of the terminal reaches only us and
// we end them in order. A child that watches its parent gets a pipe as standard input: it closes when we die,
// however we die.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, NS_PER_S } from '../../shared/runtime/mod.ts';

/** Chosen: time to say goodbye; then they are made to end. */
const STOP_LIMIT_NS = 5 * NS_PER_S;

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its output goes. */
  readonly logPath: string;
  /** Lives on when we end. Else it is told to watch us. */
  readonly daemon: boolean;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
}

export class ChildGroup {
  readonly #clock: Clock;
  readonly #children: { readonly child: Child; readonly handle: ChildProcess }[] = [];
  readonly #alive = new Set<Child>();
  #stopping = false;
  #onDeath: ((child: Child, how: string) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get children(): readonly Child[] {
    return this.#children.map(({ child }) => child);
  }

  /** Called for each child that ends although nobody asked it to. */
  onDeath(callback: (child: Child, how: string) => void): void {
    this.#onDeath = callback;
  }

  start(options: ChildOptions): Child {
    mkdirSync(dirname(options.logPath), { recursive: true });
    const log = openSync(options.logPath, 'a');
    const handle = spawn(options.command, options.args, {
      detached: true,
      stdio: [options.daemon ? 'ignore' : 'pipe', log, log],
      env: { ...options.environment, ...(options.daemon ? {} : { LIGHTSOUT_WATCH_PARENT: '1' }) },
    });
    closeSync(log);
    // Writing to it fails when the child is gone; what happened is known by its end.
    handle.stdin?.on('error', () => undefined);
    const ended = endOf(handle);
    const child: Child = { name: options.name, pid: handle.pid ?? 0, logPath: options.logPath, ended };
    this.#children.push({ child, handle });
    this.#alive.add(child);
    void ended.then((how) => {
      this.#alive.delete(child);
      if (!this.#stopping) this.#onDeath?.(child, how);
    });
    if (options.daemon) handle.unref();
    return child;
  }

  /** Asks all of them to end, and makes them. Resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#alive.size === 0) return;
    const waiting = new AbortController();
    this.#signal('SIGTERM');
    const all = Promise.all(this.children.map((child) => child.ended));
    const patience = this.#clock.sleep(STOP_LIMIT_NS, waiting.signal).then(
      () => this.#signal('SIGKILL'),
      () => undefined,
    );
    await all;
    waiting.abort();
    await patience;
  }

  /** At once and without a word, for a second Ctrl-C. */
  kill(): void {
    this.#stopping = true;
    this.#signal('SIGKILL');
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const child of this.#alive) if (child.pid !== 0) signalGroup(child.pid, signal);
  }
}

/** True when there was somebody to signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // Gone already.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The last lines of a log, for messages. */
export function logTail(path: string, lineCount = 5): string {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lineCount);
    return lines.map((line) => `  ${line}`).join('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '  (nothing)';
    throw error;
  }
}

export function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (exitCode, signal) => resolve(signal ?? `exit code ${exitCode}`));
  });
}

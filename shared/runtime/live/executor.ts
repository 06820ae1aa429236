// The executor on threads of this process. A task is handed over in shared control words; any thread takes any host's task. Besides the port's
// `run` there are `start` and `join`, which block the calling thread, for the replay: it has up to a million tasks and nothing
// else to do meanwhile, so it may run tasks itself while it waits. With `threads: 0` tasks run in the calling thread, at `start`.

import assert from 'node:assert/strict';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { runtimeErrors } from '../errors.ts';
import type { Executor, ExecutorHost } from '../ports/executor.ts';
import {
  CLOSING,
  ExecutorControl,
  type ExecutorFailure,
  type ExecutorRequest,
  type ExecutorWorkerData,
  MAXIMUM_HOSTS,
  MESSAGES,
  SLOTS_IN_USE,
  spinWhile,
  TASK_DONE,
  TASK_FAILED,
  TASK_QUEUED,
  TASK_QUIET,
  TASK_RUNNING,
} from './executor-control.ts';
import { type ExecutorHandlers, type HostRunner, importHandlers } from './executor-worker.ts';

export interface ThreadExecutorOptions {
  /** 0: everything in the calling thread. */
  readonly threads: number;
  /**
   * The calling thread is one of the threads: it runs tasks within `join`. Only for callers that use `start` and `join` and
   * nothing else; `run` never runs anything in the calling thread. Default false.
   */
  readonly callerHelps?: boolean;
  /** A script that calls `serveExecutor`. */
  readonly workerUrl: URL;
  /** Cloned to every thread and passed to `attach` there. */
  readonly workerData?: unknown;
  /** How long `join` waits for a thread before it counts as lost. Default ten minutes. */
  readonly joinDeadlineMs?: number;
}

export interface BlockingExecutorHost extends ExecutorHost {
  /** Begins a task; one at a time. */
  start(fromNs: number, toNs: number): void;
  /** Blocks the calling thread until the task has ended. Throws RUNTIME_THREAD. */
  join(): void;
}

export interface BlockingExecutor extends Executor {
  attach(hostId: string, memory: WebAssembly.Memory): Promise<BlockingExecutorHost>;
}

const DEFAULT_JOIN_DEADLINE_MS = 600_000;
/** Chosen: for threads to leave their loop when asked. */
const CLOSE_DEADLINE_MS = 2_000;

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
}

export class ThreadExecutor implements BlockingExecutor {
  readonly #options: ThreadExecutorOptions;
  readonly #control = new ExecutorControl();
  readonly #threads: readonly Thread[];
  readonly #freeSlots: number[] = [];
  readonly #hostIds = new Map<number, string>();
  readonly #failures = new Map<number, ExecutorFailure>();
  /** The calling thread's own views of the hosts, when it helps. */
  readonly #runners = new Map<number, HostRunner>();
  /** Tasks begun and not yet joined. */
  #begun = 0;
  #handlers: Promise<ExecutorHandlers> | undefined;
  #lost: { readonly reason: string; readonly cause: unknown } | undefined;
  #closing = false;

  constructor(options: ThreadExecutorOptions) {
    assert(Number.isInteger(options.threads) && options.threads >= 0, `a number of threads, not ${options.threads}`);
    this.#options = options;
    const workers = options.callerHelps === true ? Math.max(options.threads - 1, 0) : options.threads;
    this.#threads = Array.from({ length: workers }, (_, thread) => this.#startThread(thread));
  }

  async attach(hostId: string, memory: WebAssembly.Memory): Promise<BlockingExecutorHost> {
    if (this.#closing) throw runtimeErrors.create('RUNTIME_CLOSED', { what: 'the executor', reason: 'closed here' });
    if (this.#threads.length === 0) return new InlineHost(hostId, await this.#attachHere(hostId, memory));
    assert(memory.buffer instanceof SharedArrayBuffer, `the memory of ${hostId} is shared`);
    const slot = this.#freeSlots.pop() ?? Atomics.add(this.#control.words, SLOTS_IN_USE, 1);
    assert(slot < MAXIMUM_HOSTS, `at most ${MAXIMUM_HOSTS} hosts`);
    this.#hostIds.set(slot, hostId);
    await this.#tellAll({ kind: 'attach', slot, hostId, memory });
    if (this.#options.callerHelps === true) this.#runners.set(slot, await this.#attachHere(hostId, memory));
    return new ThreadHost(this, slot);
  }

  async close(): Promise<void> {
    this.#closing = true;
    Atomics.store(this.#control.words, CLOSING, 1);
    this.#control.ring(this.#threads.length);
    const patience = setTimeout(() => {
      for (const { worker } of this.#threads) void worker.terminate();
    }, CLOSE_DEADLINE_MS);
    await Promise.all(this.#threads.map(({ ended }) => ended));
    clearTimeout(patience);
    for (const { port } of this.#threads) port.close();
  }

  async #attachHere(hostId: string, memory: WebAssembly.Memory): Promise<HostRunner> {
    this.#handlers ??= importHandlers(this.#options.workerUrl);
    return (await this.#handlers).attach(hostId, memory, this.#options.workerData);
  }

  /** For ThreadHost. */
  start(slot: number, fromNs: number, toNs: number, isJoined: boolean): void {
    const { words } = this.#control;
    const state = this.#control.state(slot);
    assert(Atomics.load(words, state) === TASK_QUIET, `${this.#hostIds.get(slot)} runs one task at a time`);
    if (this.#lost !== undefined || this.#closing) throw this.#failure(slot);
    this.#control.setSpan(slot, fromNs, toNs);
    Atomics.store(words, this.#control.waiting(slot), 0);
    Atomics.store(words, state, TASK_QUEUED);
    this.#begun++;
    // A single task is done sooner by the caller that joins it than by a thread that has to be woken.
    const isLeftToCaller = isJoined && this.#begun === 1 && this.#options.callerHelps === true;
    if (!isLeftToCaller) this.#control.ring(1);
  }

  /** For ThreadHost. */
  join(slot: number): void {
    const { words } = this.#control;
    const index = this.#control.state(slot);
    const deadlineMs = this.#options.joinDeadlineMs ?? DEFAULT_JOIN_DEADLINE_MS;
    for (;;) {
      const state = Atomics.load(words, index);
      if (state !== TASK_QUEUED && state !== TASK_RUNNING) break;
      if (this.#help(slot)) continue;
      if (spinWhile(words, index, state)) continue;
      Atomics.store(words, this.#control.waiting(slot), 1);
      if (Atomics.load(words, index) !== state) continue;
      if (Atomics.wait(words, index, state, deadlineMs) === 'timed-out') {
        this.#lose(`no end of a task within ${deadlineMs / 1000} s`, undefined);
      }
    }
    this.#conclude(slot);
  }

  /** For ThreadHost. */
  async joinLater(slot: number): Promise<void> {
    const { words } = this.#control;
    const index = this.#control.state(slot);
    Atomics.store(words, this.#control.waiting(slot), 1);
    for (;;) {
      const state = Atomics.load(words, index);
      if (state !== TASK_QUEUED && state !== TASK_RUNNING) break;
      await Atomics.waitAsync(words, index, state).value;
    }
    this.#conclude(slot);
  }

  /** For ThreadHost. */
  async detach(slot: number): Promise<void> {
    assert(
      Atomics.load(this.#control.words, this.#control.state(slot)) === TASK_QUIET,
      'only a quiet host is detached',
    );
    // Threads that are gone have nothing to forget.
    if (!this.#closing && this.#lost === undefined) await this.#tellAll({ kind: 'detach', slot });
    this.#runners.get(slot)?.close?.();
    this.#runners.delete(slot);
    this.#hostIds.delete(slot);
    this.#freeSlots.push(slot);
  }

  /** Runs the slot's task in the calling thread or, when a thread has it already, another one. False when there is none. */
  #help(wanted: number): boolean {
    if (this.#runners.size === 0) return false;
    if (this.#tryRun(wanted)) return true;
    for (const slot of this.#runners.keys()) if (this.#tryRun(slot)) return true;
    return false;
  }

  #tryRun(slot: number): boolean {
    const control = this.#control;
    const runner = this.#runners.get(slot);
    const state = control.state(slot);
    if (runner === undefined || control.words[state] !== TASK_QUEUED) return false;
    if (Atomics.compareExchange(control.words, state, TASK_QUEUED, TASK_RUNNING) !== TASK_QUEUED) return false;
    try {
      runner.run(control.fromNs(slot), control.toNs(slot));
      control.finish(slot, TASK_DONE);
    } catch (error) {
      this.#failures.set(slot, { slot, reason: error instanceof Error ? error.message : String(error), error });
      control.finish(slot, TASK_FAILED);
    }
    return true;
  }

  #conclude(slot: number): void {
    this.#begun--;
    const state = this.#control.state(slot);
    const failed = Atomics.load(this.#control.words, state) === TASK_FAILED;
    Atomics.store(this.#control.words, state, TASK_QUIET);
    if (failed) throw this.#failure(slot);
  }

  /** Sends to every thread and waits until each has done it. */
  async #tellAll(request: ExecutorRequest): Promise<void> {
    const { words } = this.#control;
    const answers = this.#control.answers(request.slot);
    Atomics.store(words, answers, 0);
    for (const { port } of this.#threads) port.postMessage(request);
    Atomics.add(words, MESSAGES, 1);
    this.#control.ring(this.#threads.length);
    for (;;) {
      const given = Atomics.load(words, answers);
      if (this.#lost !== undefined) throw this.#failure(request.slot);
      if (given >= this.#threads.length) break;
      await Atomics.waitAsync(words, answers, given).value;
    }
    this.#takeFailures();
    if (this.#failures.has(request.slot)) throw this.#failure(request.slot);
  }

  #failure(slot: number): Error {
    this.#takeFailures();
    const failure = this.#failures.get(slot);
    this.#failures.delete(slot);
    const reason = failure?.reason ?? this.#lost?.reason ?? 'the executor is closed';
    const host = this.#hostIds.get(slot) ?? 'a host';
    return runtimeErrors.create('RUNTIME_THREAD', { host, reason }, failure?.error ?? this.#lost?.cause);
  }

  #takeFailures(): void {
    for (const { port } of this.#threads) {
      for (;;) {
        const received = receiveMessageOnPort(port) as { readonly message: ExecutorFailure } | undefined;
        if (received === undefined) break;
        this.#failures.set(received.message.slot, received.message);
      }
    }
  }

  #startThread(thread: number): Thread {
    const { port1, port2 } = new MessageChannel();
    const executor = { thread, buffer: this.#control.buffer, port: port2 };
    const workerData: ExecutorWorkerData = { executor, data: this.#options.workerData };
    const worker = new Worker(this.#options.workerUrl, { workerData, transferList: [port2] });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', (exitCode) => {
        if (!this.#closing) {
          const reason = cause instanceof Error ? cause.message : `it ended with exit code ${exitCode}`;
          this.#lose(reason, cause);
        }
        resolve();
      });
    });
    return { worker, port: port1, ended };
  }

  /** One lost thread spoils all: nobody knows what it had half done. Whoever waits is told. */
  #lose(reason: string, cause: unknown): void {
    this.#lost ??= { reason, cause };
    const { words } = this.#control;
    for (const slot of this.#hostIds.keys()) {
      const state = Atomics.load(words, this.#control.state(slot));
      if (state === TASK_QUEUED || state === TASK_RUNNING) {
        Atomics.store(words, this.#control.waiting(slot), 1);
        this.#control.finish(slot, TASK_FAILED);
      }
      Atomics.notify(words, this.#control.answers(slot));
    }
  }
}

class ThreadHost implements BlockingExecutorHost {
  readonly #executor: ThreadExecutor;
  readonly #slot: number;

  constructor(executor: ThreadExecutor, slot: number) {
    this.#executor = executor;
    this.#slot = slot;
  }

  async run(fromNs: number, toNs: number): Promise<void> {
    this.#executor.start(this.#slot, fromNs, toNs, false);
    await this.#executor.joinLater(this.#slot);
  }

  start(fromNs: number, toNs: number): void {
    this.#executor.start(this.#slot, fromNs, toNs, true);
  }

  join(): void {
    this.#executor.join(this.#slot);
  }

  detach(): Promise<void> {
    return this.#executor.detach(this.#slot);
  }
}

/** A host whose tasks run in the calling thread. */
class InlineHost implements BlockingExecutorHost {
  readonly #hostId: string;
  readonly #runner: HostRunner;
  #failure: Error | undefined;

  constructor(hostId: string, runner: HostRunner) {
    this.#hostId = hostId;
    this.#runner = runner;
  }

  async run(fromNs: number, toNs: number): Promise<void> {
    this.start(fromNs, toNs);
    this.join();
  }

  start(fromNs: number, toNs: number): void {
    try {
      this.#runner.run(fromNs, toNs);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failure = runtimeErrors.create('RUNTIME_THREAD', { host: this.#hostId, reason }, error);
    }
  }

  join(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  async detach(): Promise<void> {
    this.#runner.close?.();
  }
}

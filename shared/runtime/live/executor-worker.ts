// The threads' side of a ThreadExecutor. A worker script calls `serveExecutor` once with what it can do; from then on the thread takes
// tasks, of whichever host has one, until the executor closes. It sleeps on the doorbell when there is nothing to do, after a turn
// of its own event loop. Without threads the same script is imported and its handlers are called directly.

import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
  CLOSING,
  DOORBELL,
  ExecutorControl,
  type ExecutorFailure,
  type ExecutorRequest,
  type ExecutorThreadStart,
  type ExecutorWorkerData,
  MESSAGES,
  SLEEPERS,
  SLOTS_IN_USE,
  spinWhile,
  TASK_DONE,
  TASK_FAILED,
  TASK_QUEUED,
  TASK_RUNNING,
} from './executor-control.ts';

export interface HostRunner {
  /** Runs the host's CPUs for this span of cluster time. What happened is in the memory. */
  run(fromNs: number, toNs: number): void;
  /** The host is gone. */
  close?(): void;
}

export interface ExecutorHandlers {
  /** Makes this thread's view of a host. `data` is the executor's `workerData`. Called once per host in every thread. */
  attach(hostId: string, memory: WebAssembly.Memory, data: unknown): HostRunner;
}

/** Where an executor without threads waits for the handlers of the script that it imports. */
const INLINE = Symbol.for('lightsout.executor.inline');
type Global = typeof globalThis & { [INLINE]?: ((handlers: ExecutorHandlers) => void) | undefined };

export function serveExecutor(handlers: ExecutorHandlers): void {
  const takeInline = (globalThis as Global)[INLINE];
  if (takeInline !== undefined) {
    takeInline(handlers);
    return;
  }
  const start = (workerData as Partial<ExecutorWorkerData> | null)?.executor;
  if (start === undefined) throw new Error('serveExecutor belongs into the worker script of a ThreadExecutor');
  void new ExecutorThread(start, handlers, (workerData as ExecutorWorkerData).data).serve();
}

let importing: Promise<unknown> = Promise.resolve();
let imports = 0;

/** The handlers of a worker script, for use in this thread. Every call evaluates the script anew, as every thread does. */
export function importHandlers(workerUrl: URL): Promise<ExecutorHandlers> {
  const load = async (): Promise<ExecutorHandlers> => {
    const global = globalThis as Global;
    let taken: ExecutorHandlers | undefined;
    global[INLINE] = (handlers) => {
      taken = handlers;
    };
    try {
      await import(/* @vite-ignore */ `${workerUrl.href}?inline=${imports++}`);
    } finally {
      global[INLINE] = undefined;
    }
    if (taken === undefined) throw new Error(`${workerUrl.href} does not call serveExecutor when it is loaded`);
    return taken;
  };
  const loaded = importing.then(load, load);
  importing = loaded;
  return loaded;
}

class ExecutorThread {
  readonly #control: ExecutorControl;
  readonly #start: ExecutorThreadStart;
  readonly #handlers: ExecutorHandlers;
  readonly #data: unknown;
  readonly #runners = new Map<number, HostRunner>();
  #messagesSeen = 0;
  #running: number | undefined;

  constructor(start: ExecutorThreadStart, handlers: ExecutorHandlers, data: unknown) {
    this.#control = new ExecutorControl(start.buffer);
    this.#start = start;
    this.#handlers = handlers;
    this.#data = data;
    // A script that ends its thread within a task must not leave the main thread waiting.
    process.once('exit', () => {
      if (this.#running !== undefined) this.#fail(this.#running, new Error('the thread ended within the task'));
    });
  }

  async serve(): Promise<void> {
    const { words } = this.#control;
    for (;;) {
      const rung = Atomics.load(words, DOORBELL);
      this.#takeMessages();
      while (this.#takeTask());
      if (Atomics.load(words, CLOSING) !== 0) return;
      if (spinWhile(words, DOORBELL, rung)) continue;
      // A turn for output, the inspector and the garbage of streams; then sleep until the bell.
      await new Promise((resolve) => setImmediate(resolve));
      Atomics.add(words, SLEEPERS, 1);
      Atomics.wait(words, DOORBELL, rung);
      Atomics.sub(words, SLEEPERS, 1);
    }
  }

  /** Runs one task, rather one of a host that was here last; false when there is none. */
  #takeTask(): boolean {
    const { words } = this.#control;
    const slots = Atomics.load(words, SLOTS_IN_USE);
    for (const mine of [true, false]) {
      for (let slot = 0; slot < slots; slot++) {
        const state = this.#control.state(slot);
        if (words[state] !== TASK_QUEUED) continue;
        if (mine !== (words[this.#control.thread(slot)] === this.#start.thread)) continue;
        if (Atomics.compareExchange(words, state, TASK_QUEUED, TASK_RUNNING) !== TASK_QUEUED) continue;
        this.#runTask(slot);
        return true;
      }
    }
    return false;
  }

  #runTask(slot: number): void {
    const control = this.#control;
    Atomics.store(control.words, control.thread(slot), this.#start.thread);
    this.#running = slot;
    try {
      // A task may come in ahead of the message that made its host known.
      if (!this.#runners.has(slot)) this.#takeMessages();
      const runner = this.#runners.get(slot);
      if (runner === undefined) throw new Error('the host is not attached to this thread');
      runner.run(control.fromNs(slot), control.toNs(slot));
      control.finish(slot, TASK_DONE);
    } catch (error) {
      this.#fail(slot, error);
    }
    this.#running = undefined;
  }

  #takeMessages(): void {
    const { words } = this.#control;
    const messages = Atomics.load(words, MESSAGES);
    if (messages === this.#messagesSeen) return;
    this.#messagesSeen = messages;
    for (;;) {
      const received = receiveMessageOnPort(this.#start.port) as { readonly message: ExecutorRequest } | undefined;
      if (received === undefined) return;
      this.#answer(received.message);
    }
  }

  #answer(request: ExecutorRequest): void {
    const { slot } = request;
    try {
      if (request.kind === 'attach') {
        this.#runners.set(slot, this.#handlers.attach(request.hostId, request.memory, this.#data));
      } else {
        this.#runners.get(slot)?.close?.();
        this.#runners.delete(slot);
      }
    } catch (error) {
      this.#report(slot, error);
    }
    const answers = this.#control.answers(slot);
    Atomics.add(this.#control.words, answers, 1);
    Atomics.notify(this.#control.words, answers);
  }

  #fail(slot: number, error: unknown): void {
    this.#report(slot, error);
    this.#control.finish(slot, TASK_FAILED);
  }

  #report(slot: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const failure: ExecutorFailure = { slot, reason, error };
    try {
      this.#start.port.postMessage(failure);
    } catch {
      // What was thrown cannot be cloned; its message can.
      this.#start.port.postMessage({ ...failure, error: reason });
    }
  }
}

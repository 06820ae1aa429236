// The control words that a ThreadExecutor shares with its threads: a doorbell, and one slot of a cache line for each host. Handing a
// task over is a few atomic stores; nobody copies, and nobody sends a message. States go quiet → queued → running → done or
// failed → quiet; only a thread makes the step to running, so a task is taken once.

/** Chosen: more hosts than one machine can hold memory for. */
export const MAXIMUM_HOSTS = 4096;

const HEADER_WORDS = 16;
const SLOT_WORDS = 16;

export const DOORBELL = 0;
export const SLEEPERS = 1;
export const CLOSING = 2;
export const MESSAGES = 3;
export const SLOTS_IN_USE = 4;

export const TASK_QUIET = 0;
export const TASK_QUEUED = 1;
export const TASK_RUNNING = 2;
export const TASK_DONE = 3;
export const TASK_FAILED = 4;

export class ExecutorControl {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #times: Float64Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer((HEADER_WORDS + MAXIMUM_HOSTS * SLOT_WORDS) * 4)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.#times = new Float64Array(buffer);
  }

  state(slot: number): number {
    return HEADER_WORDS + slot * SLOT_WORDS;
  }

  /** Whether the main thread sleeps until the slot's state changes. */
  waiting(slot: number): number {
    return this.state(slot) + 1;
  }

  /** The thread that took the slot's task last. */
  thread(slot: number): number {
    return this.state(slot) + 2;
  }

  /** How many threads have answered the slot's attach or detach. */
  answers(slot: number): number {
    return this.state(slot) + 3;
  }

  setSpan(slot: number, fromNs: number, toNs: number): void {
    this.#times[this.state(slot) / 2 + 2] = fromNs;
    this.#times[this.state(slot) / 2 + 3] = toNs;
  }

  fromNs(slot: number): number {
    return this.#times[this.state(slot) / 2 + 2]!;
  }

  toNs(slot: number): number {
    return this.#times[this.state(slot) / 2 + 3]!;
  }

  /** Wakes one sleeping thread, or all. Spinning ones see the bell anyway. */
  ring(count: number): void {
    Atomics.add(this.words, DOORBELL, 1);
    if (Atomics.load(this.words, SLEEPERS) > 0) Atomics.notify(this.words, DOORBELL, count);
  }

  /** The end of a task, with the news for whoever waits. */
  finish(slot: number, state: typeof TASK_DONE | typeof TASK_FAILED): void {
    Atomics.store(this.words, this.state(slot), state);
    if (Atomics.load(this.words, this.waiting(slot)) !== 0) Atomics.notify(this.words, this.state(slot));
  }
}

/** Chosen: longer than a hand-over takes, much shorter than anyone would notice. */
const SPIN_MS = 0.03;

/** Looks at a word for a bounded time; true when it is no longer `value`. */
export function spinWhile(words: Int32Array, index: number, value: number): boolean {
  const until = performance.now() + SPIN_MS;
  do {
    for (let look = 0; look < 100; look++) if (Atomics.load(words, index) !== value) return true;
  } while (performance.now() < until);
  return false;
}

/** What the main thread sends beside the control words. */
export type ExecutorRequest =
  | { readonly kind: 'attach'; readonly slot: number; readonly hostId: string; readonly memory: WebAssembly.Memory }
  | { readonly kind: 'detach'; readonly slot: number };

/** What a thread sends before it sets a slot to failed. */
export interface ExecutorFailure {
  readonly slot: number;
  readonly reason: string;
  readonly error: unknown;
}

/** Beside the user's own in `workerData`. */
export interface ExecutorThreadStart {
  readonly thread: number;
  readonly buffer: SharedArrayBuffer;
  readonly port: import('node:worker_threads').MessagePort;
}

export interface ExecutorWorkerData {
  readonly executor: ExecutorThreadStart;
  readonly data: unknown;
}

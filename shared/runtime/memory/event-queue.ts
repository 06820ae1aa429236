// The future of a replay: a binary heap ordered by (time, phase, order, sequence), so that what is due together runs in an order that
// depends on nothing but the program. Cancelled events stay until they surface, or until they are the larger half.

export interface FutureEvent {
  readonly timeNs: number;
  /** Ends of tasks come before all else that is due at the same time. */
  readonly phase: 0 | 1;
  /** Compared as text within a phase; empty for ordinary events. */
  readonly order: string;
  readonly sequence: number;
  /** Undefined once cancelled. */
  run: (() => void) | undefined;
}

export class EventQueue {
  #heap: FutureEvent[] = [];
  #cancelled = 0;

  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  push(event: FutureEvent): void {
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
  }

  cancel(event: FutureEvent): void {
    if (event.run === undefined) return;
    event.run = undefined;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#sweep();
  }

  /** The next event that is not cancelled. */
  peek(): FutureEvent | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.run === undefined) {
      this.#cancelled--;
      this.#removeFirst();
    }
    return this.#heap[0];
  }

  /** Takes the next event; a later `cancel` of it has no effect because the caller clears `run`. */
  pop(): FutureEvent | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((event) => event.run !== undefined);
    this.#cancelled = 0;
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const event = heap[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!precedes(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const event = heap[start]!;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, event)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = event;
  }
}

function precedes(a: FutureEvent, b: FutureEvent): boolean {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs;
  if (a.phase !== b.phase) return a.phase < b.phase;
  if (a.order !== b.order) return a.order < b.order;
  return a.sequence < b.sequence;
}

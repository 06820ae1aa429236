// Types lines on consoles, one after the other for each VM: at whichever host has the VM at the moment, and once only, however often it
// has to try. A guest hears nothing before it has said its first word, so the first line waits for that.

import { NS_PER_S } from '../runtime/mod.ts';
import type { Observation } from './observation.ts';
import type { Requests } from './requests.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Chosen: longer than any migration's downtime and any guest's boot; a line that waits longer than that comes too late. */
const TYPING_LIMIT_NS = 30 * NS_PER_S;
/** Chosen: lines that wait for one VM. */
const QUEUE_MAX = 256;

export interface TypistSurroundings {
  readonly requests: Requests;
  readonly observation: Observation;
  readonly waitingRoom: WaitingRoom;
  readonly signal: AbortSignal;
  /** Takes work that nobody awaits. */
  readonly watched: (work: Promise<void>) => void;
  /** Tells what was typed. */
  readonly step: (what: string) => void;
  /** Tells what could not be. */
  readonly warn: (what: string) => void;
}

export class Typist {
  readonly #around: TypistSurroundings;
  readonly #queues = new Map<string, string[]>();
  readonly #busy = new Set<string>();
  #inputs = 0;

  constructor(around: TypistSurroundings) {
    this.#around = around;
  }

  type(vm: string, line: string): void {
    const queue = this.#queues.get(vm) ?? [];
    if (queue.length >= QUEUE_MAX) {
      this.#around.warn(`not typed on ${vm}, where ${queue.length} lines wait already: ${line}`);
      return;
    }
    queue.push(line);
    this.#queues.set(vm, queue);
    if (this.#busy.has(vm)) return;
    this.#busy.add(vm);
    this.#around.watched(this.#work(vm, queue));
  }

  async #work(vm: string, queue: string[]): Promise<void> {
    for (let line = queue[0]; line !== undefined; line = queue[0]) {
      if (!this.#around.signal.aborted) await this.#typeOne(vm, line);
      queue.shift();
    }
    this.#busy.delete(vm);
  }

  async #typeOne(vm: string, line: string): Promise<void> {
    const { requests, observation, waitingRoom, signal, step, warn } = this.#around;
    this.#inputs += 1;
    const input = `scenario-${this.#inputs}`;
    const isReady = () => observation.vms.hasSpoken(vm) || observation.vms.hasEnded(vm);
    if (!(await waitingRoom.until(isReady, TYPING_LIMIT_NS, signal))) {
      if (!signal.aborted) warn(`not typed on ${vm}, which has not said a word yet: ${line}`);
      return;
    }
    if (observation.vms.hasEnded(vm)) {
      warn(`not typed on ${vm}, which has ended: ${line}`);
      return;
    }
    const request = () => requests.toOwner(vm, { kind: 'type', vm, input, text: `${line}\n` });
    const answer = await requests.persistently(request, TYPING_LIMIT_NS);
    if (answer.ok) step(`typed on ${vm}: ${line}`);
    else if (!signal.aborted) warn(`not typed on ${vm} (${answer.message}): ${line}`);
  }
}

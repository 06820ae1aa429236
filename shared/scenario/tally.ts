// Counts what one expectation about events or console lines asks for, as it happens, so that no run has to be kept in memory.

import type { ClusterEvent } from '../protocol/mod.ts';
import type { Check, Window } from './scenario.ts';

type Counted = Extract<Check, { measure: 'console' | 'events' }>;

export class Tally {
  readonly #check: Counted;
  readonly #expression: RegExp | undefined;
  readonly #counts = new Map<string, number>();
  #lastLine = '';

  constructor(check: Counted) {
    this.#check = check;
    this.#expression = check.measure === 'console' ? new RegExp(check.matches, 'u') : undefined;
  }

  /** `atNs` counts from the beginning of the scenario. */
  note(event: ClusterEvent, atNs: number): void {
    const check = this.#check;
    if (!isWithin(check.window, atNs)) return;
    if (check.measure === 'events') {
      if (event.kind === check.kind && matches(event, check.where)) this.#add('');
    } else if (event.kind === 'vm.console' && check.vms.includes(event.vm) && this.#expression!.test(event.line)) {
      this.#lastLine = `${event.vm}: ${event.line}`;
      this.#add(event.vm);
    }
  }

  /** For the events of a kind. */
  get count(): number {
    return this.#counts.get('') ?? 0;
  }

  /** For the lines of one VM's console. */
  countOf(vm: string): number {
    return this.#counts.get(vm) ?? 0;
  }

  /** The last console line that was counted, with its VM. */
  get lastLine(): string {
    return this.#lastLine;
  }

  #add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

export function isWithin(window: Window, atNs: number): boolean {
  return atNs >= window.fromNs && (window.toNs === null || atNs <= window.toNs);
}

function matches(event: ClusterEvent, where: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(where).every(([path, wanted]) => {
    const found = path
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
    return found === wanted;
  });
}

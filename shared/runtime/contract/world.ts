// What the contract suites ask of a version: some nodes with ports, and a way to let time pass until a promise is done.

import type { ServicePorts } from '../ports/service-ports.ts';

export type ContractPorts = Omit<ServicePorts, 'executor'>;

export interface ContractWorld {
  /** Ports for the node; the same node twice gives two connections of it. */
  boot(node: string): Promise<ContractPorts>;
  /** Lets time pass until the body is done, with a deadline. */
  run<T>(body: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export type OpenContractWorld = () => Promise<ContractWorld>;

/** Boots the named nodes in a fresh world, runs the body there, and takes the world down. */
export async function withNodes<const Names extends readonly string[], T>(
  open: OpenContractWorld,
  names: Names,
  body: (...nodes: { [Index in keyof Names]: ContractPorts }) => Promise<T>,
): Promise<T> {
  const world = await open();
  try {
    const nodes = await Promise.all(names.map((name) => world.boot(name)));
    return await world.run(() => body(...(nodes as { [Index in keyof Names]: ContractPorts })));
  } finally {
    await world.close();
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** As a view of a host's memory has them. */
export function sharedBytes(content: string): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(content.length));
  view.set(bytes(content));
  return view;
}

export function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

/** Collects what a handler gets, and resolves when `count` have come. */
export class Inbox<T> {
  readonly items: T[] = [];
  #waiting: { readonly count: number; readonly resolve: (items: readonly T[]) => void }[] = [];

  readonly take = (item: T): void => {
    this.items.push(item);
    const ready = this.#waiting.filter(({ count }) => count <= this.items.length);
    this.#waiting = this.#waiting.filter(({ count }) => count > this.items.length);
    for (const { resolve } of ready) resolve(this.items);
  };

  reaches(count: number): Promise<readonly T[]> {
    if (this.items.length >= count) return Promise.resolve(this.items);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

/** The code of what a promise rejects with; fails when it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  throw new Error('resolved, but a rejection was expected');
}

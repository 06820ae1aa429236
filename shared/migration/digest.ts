// A VM's digest: what the guest can see, by guest page and never by frame. It is kept page by page as pages are sent and received, so that
// taking it at the switch-over costs no pause; tests rehash everything. A page of zeros has hash 0, whether present or absent.

import { createHash } from 'node:crypto';
import type { MigratingVm } from './migrating-vm.ts';

export class Digest {
  readonly #hashes: Uint32Array;

  constructor(pageCount: number) {
    this.#hashes = new Uint32Array(2 * pageCount);
  }

  setPage(page: number, hash: readonly [number, number]): void {
    this.#hashes[2 * page] = hash[0];
    this.#hashes[2 * page + 1] = hash[1];
  }

  setZero(page: number): void {
    this.setPage(page, [0, 0]);
  }

  /** SHA-256 over all page hashes and the machine's state: 32 bytes. */
  finish(state: Uint8Array): Uint8Array {
    return new Uint8Array(createHash('sha256').update(this.#hashes).update(state).digest());
  }

  equalsPages(other: Digest): boolean {
    return (
      this.#hashes.length === other.#hashes.length && this.#hashes.every((word, index) => word === other.#hashes[index])
    );
  }
}

/** Hashes every page anew: the slow, independent way. */
export function digestOf(vm: MigratingVm): Uint8Array {
  const digest = new Digest(vm.pageCount);
  for (let page = 0; page < vm.pageCount; page += 1) {
    if (!vm.isZero(page)) digest.setPage(page, vm.hash(page));
  }
  return digest.finish(vm.saveState());
}

// The simplest guest memory: all pages present and private, one after the other in host memory. For machines without a VMM around
// them: the comparison with QEMU, ISA tests, benchmarks.

import { assert } from './assert.ts';
import { type GuestPages, PAGE_BYTES } from './guest-pages.ts';

export class FlatPages implements GuestPages {
  readonly ramPageCount: number;
  readonly diskPageCount: number;
  readonly #start: number;

  /** Page 0 is at this absolute offset of host memory. */
  constructor(start: number, ramPageCount: number, diskPageCount = 0) {
    assert(start % PAGE_BYTES === 0, 'frames lie on page boundaries');
    this.#start = start;
    this.ramPageCount = ramPageCount;
    this.diskPageCount = diskPageCount;
  }

  readFrame(page: number): number {
    assert(page >= 0 && page < this.ramPageCount + this.diskPageCount, 'a page that the guest has');
    return this.#start + page * PAGE_BYTES;
  }

  writeFrame(page: number): number {
    return this.readFrame(page);
  }
}

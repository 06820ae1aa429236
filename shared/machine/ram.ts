// The guest's RAM and medium as the slow paths and devices reach them: through the backing table, with every write making its
// page private and dirty, dropping stale read translations when the frame changed, and clearing decoded code it overwrites.

import { RAM_ADDRESS } from './board-map.ts';
import type { DecodeCache } from './decode-cache.ts';
import { type GuestPages, PAGE_BYTES } from './guest-pages.ts';
import type { HostViews } from './host-views.ts';
import type { Tlb } from './tlb.ts';

export class Ram {
  readonly pages: GuestPages;
  readonly #host: HostViews;
  readonly #tlb: Tlb;
  readonly #decoded: DecodeCache;

  constructor(host: HostViews, pages: GuestPages, tlb: Tlb, decoded: DecodeCache) {
    this.#host = host;
    this.pages = pages;
    this.#tlb = tlb;
    this.#decoded = decoded;
  }

  has(page: number): boolean {
    return page >= 0 && page < this.pages.ramPageCount;
  }

  /** The frame to write `page` into; the caller tells `overwritten` what it wrote. */
  writableFrame(page: number): number {
    const before = this.pages.readFrame(page);
    const frame = this.pages.writeFrame(page);
    if (frame !== before) this.#tlb.dropReads(page);
    return frame;
  }

  /** Clears decoded instructions that overlap the bytes. Answers true when the page holds decoded code. */
  overwritten(page: number, offset: number, bytes: number): boolean {
    return this.#decoded.invalidate(page, offset, bytes);
  }

  /** False, with nothing done, when any byte lies outside RAM. */
  readPhysical(address: number, length: number, into: Uint8Array, intoOffset: number): boolean {
    const offset = address - RAM_ADDRESS;
    if (!this.#covers(offset, length)) return false;
    this.readPages(offset, into, intoOffset, length);
    return true;
  }

  writePhysical(address: number, from: Uint8Array, fromOffset: number, length: number): boolean {
    const offset = address - RAM_ADDRESS;
    if (!this.#covers(offset, length)) return false;
    this.writePages(offset, from, fromOffset, length);
    return true;
  }

  /** `offset` counts from the first RAM page; the medium's pages follow RAM's. */
  readPages(offset: number, into: Uint8Array, intoOffset: number, length: number): void {
    forEachPage(offset, length, (page, within, bytes, done) => {
      const from = this.pages.readFrame(page) + within;
      into.set(this.#host.bytes.subarray(from, from + bytes), intoOffset + done);
    });
  }

  writePages(offset: number, from: Uint8Array, fromOffset: number, length: number): void {
    forEachPage(offset, length, (page, within, bytes, done) => {
      const frame = this.writableFrame(page);
      this.#host.bytes.set(from.subarray(fromOffset + done, fromOffset + done + bytes), frame + within);
      if (this.has(page)) this.overwritten(page, within, bytes);
    });
  }

  #covers(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.pages.ramPageCount * PAGE_BYTES;
  }
}

function forEachPage(
  offset: number,
  length: number,
  visit: (page: number, within: number, bytes: number, done: number) => void,
): void {
  for (let done = 0; done < length; ) {
    const page = Math.floor((offset + done) / PAGE_BYTES);
    const within = (offset + done) % PAGE_BYTES;
    const bytes = Math.min(length - done, PAGE_BYTES - within);
    visit(page, within, bytes, done);
    done += bytes;
  }
}

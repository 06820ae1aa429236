// Decoded code in the block: 64 pages of records, direct mapped by guest page. It is coherent without FENCE.I: pages in it are
// kept out of the write TLBs, so that every store to one comes by here and clears the records it touches, as QEMU does.

import type { Block } from './block.ts';
import { type GuestPages, PAGE_BYTES } from './guest-pages.ts';
import { instructionLength, writeRecord } from './interpreter/decode.ts';
import { OPERATION_CROSSING, OPERATION_PAGE_END, OPERATION_UNDECODED } from './interpreter/operations.ts';
import {
  DECODED_ENTRIES,
  DECODED_PAGE_BYTES,
  DECODED_PAGES,
  DECODED_RECORDS,
  DECODED_TAGS,
  RECORD_BYTES,
  RECORDS_PER_PAGE,
} from './layout.ts';
import type { Tlb } from './tlb.ts';

/** Chosen: one call from generated code decodes at most so many instructions that follow one another. */
const RUN_AHEAD = 32;
const CODE_BYTES_PER_RECORD = 2;
const SEVERAL_ENTRIES = -1;
const RECORDS_BYTES = RECORDS_PER_PAGE * RECORD_BYTES;

export class DecodeCache {
  readonly #block: Block;
  readonly #pages: GuestPages;
  readonly #tlb: Tlb;

  constructor(block: Block, pages: GuestPages, tlb: Tlb) {
    this.#block = block;
    this.#pages = pages;
    this.#tlb = tlb;
  }

  /** The absolute offset of a guest page's records. Throws another page out if need be. */
  records(page: number): number {
    const slot = page % DECODED_PAGES;
    const records = this.#slotRecords(slot);
    const holder = this.#holder(slot);
    if (holder === page) return records;
    if (holder >= 0) this.#forgetEntries(slot, holder);
    const { host } = this.#block;
    host.fill(records, 0, RECORDS_BYTES);
    host.u16[(records + RECORDS_BYTES) >>> 1] = OPERATION_PAGE_END;
    this.#block.setInt(DECODED_TAGS + slot * 4, page + 1);
    this.#tlb.dropWrites(page);
    return records;
  }

  /** A fetch TLB entry, by its offset in FETCH_TLBS, leads to a guest page's records. */
  noteEntry(page: number, entry: number): void {
    const at = DECODED_ENTRIES + (page % DECODED_PAGES) * 4;
    const known = this.#block.int(at);
    if (known !== entry + 1) this.#block.setInt(at, known === 0 ? entry + 1 : SEVERAL_ENTRIES);
  }

  holds(page: number): boolean {
    return this.#holder(page % DECODED_PAGES) === page;
  }

  /** Bytes of a guest page have changed. Answers whether the page holds decoded code. */
  invalidate(page: number, offset: number, bytes: number): boolean {
    if (!this.holds(page)) return false;
    const records = this.#slotRecords(page % DECODED_PAGES);
    // A 4-byte instruction that begins in the slot before reaches into the first byte written.
    const first = Math.max(0, (offset >> 1) - 1);
    const last = (offset + bytes - 1) >> 1;
    const halves = this.#block.host.u16;
    for (let index = first; index <= last; index++) {
      halves[(records + index * RECORD_BYTES) >>> 1] = OPERATION_UNDECODED;
    }
    return true;
  }

  /** Decodes the instruction whose record is at an absolute offset, and those behind it up to the next jump. */
  decode(record: number): void {
    const relative = record - (this.#block.base + DECODED_RECORDS);
    const slot = Math.floor(relative / DECODED_PAGE_BYTES);
    const records = this.#slotRecords(slot);
    const { host } = this.#block;
    const frame = this.#pages.readFrame(this.#holder(slot));
    let offset = ((record - records) / RECORD_BYTES) * CODE_BYTES_PER_RECORD;
    for (let count = 0; count < RUN_AHEAD && offset < PAGE_BYTES; count++) {
      const at = records + (offset / CODE_BYTES_PER_RECORD) * RECORD_BYTES;
      if (host.u16[at >>> 1] !== OPERATION_UNDECODED) return;
      const half = host.u16[(frame + offset) >>> 1]!;
      const length = instructionLength(half);
      if (offset + length > PAGE_BYTES) {
        host.u16[at >>> 1] = OPERATION_CROSSING;
        return;
      }
      const word = length === 2 ? half : half | (host.u16[(frame + offset + 2) >>> 1]! << 16);
      const flow = writeRecord(host, at, word, offset);
      if (flow !== 'straight' && flow !== 'branch') return;
      offset += length;
    }
  }

  flushAll(): void {
    this.#block.fill(DECODED_TAGS, DECODED_PAGES * 4, 0);
    this.#block.fill(DECODED_ENTRIES, DECODED_PAGES * 4, 0);
  }

  #forgetEntries(slot: number, holder: number): void {
    const at = DECODED_ENTRIES + slot * 4;
    const known = this.#block.int(at);
    if (known === SEVERAL_ENTRIES) this.#tlb.dropFetches(holder);
    else if (known > 0) this.#tlb.dropFetch(known - 1, holder);
    this.#block.setInt(at, 0);
  }

  #holder(slot: number): number {
    return this.#block.int(DECODED_TAGS + slot * 4) - 1;
  }

  #slotRecords(slot: number): number {
    return this.#block.base + DECODED_RECORDS + slot * DECODED_PAGE_BYTES;
  }
}

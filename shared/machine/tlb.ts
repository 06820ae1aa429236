// The TLBs in the block, as the slow paths fill and flush them. An entry is a tag (the virtual page), an addend and the guest page. A
// data access adds the addend to its address and has a host address; a fetch entry's addend is where the page's decoded records are.
// Each translation context has tables of its own, so that a change of privilege or SUM only moves two pointers.

import type { Block } from './block.ts';
import {
  MSTATUS_MPP,
  MSTATUS_MPP_SHIFT,
  MSTATUS_MPRV,
  MSTATUS_SUM,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
} from './csr-bits.ts';
import {
  DATA_TLB,
  DATA_TLB_CONTEXT_BYTES,
  DATA_TLB_CONTEXTS,
  DATA_TLBS,
  FETCH_TLB,
  FETCH_TLB_BYTES,
  FETCH_TLBS,
  MODE,
  MSTATUS,
  PAGE_FILTER_BYTES,
  PAGE_FILTER_PAGES,
  READ_FILTER,
  SUPERPAGE_FIRST,
  SUPERPAGE_LAST,
  TLB_ENTRY_BYTES,
  TLB_TABLE_BYTES,
  WRITE_FILTER,
} from './layout.ts';

/** User, supervisor, supervisor with SUM; the last context is untranslated machine mode. */
const CONTEXT_USER = 0;
const CONTEXT_SUPERVISOR = 1;
const CONTEXT_SUPERVISOR_SUM = 2;
const CONTEXT_MACHINE = 3;
const TRANSLATED_CONTEXTS = 3;
const TRANSLATED_FETCH_TABLES = 2;
const EMPTY = 0xff;
const INDEX_MASK = TLB_TABLE_BYTES - TLB_ENTRY_BYTES;
const ENTRY_WORDS = TLB_ENTRY_BYTES / 4;
const PAGE_MASK = ~0xfff;
const PAGES_PER_HIGH = 2 ** 20;

/** A virtual page as a signed number. */
export const virtualPage = (low: number, high: number): number => high * PAGES_PER_HIGH + (low >>> 12);

export class Tlb {
  readonly #block: Block;

  constructor(block: Block) {
    this.#block = block;
  }

  /** The privilege with which loads and stores are made: MPRV lends machine mode that of MPP. */
  dataMode(): number {
    const mode = this.#block.int(MODE);
    const status = this.#block.int(MSTATUS);
    return mode === PRIVILEGE_MACHINE && (status & MSTATUS_MPRV) !== 0
      ? (status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT
      : mode;
  }

  /** Makes the generated code use the tables of the privilege and translation now in effect. */
  select(): void {
    const block = this.#block;
    block.setInt(DATA_TLB, block.base + DATA_TLBS + this.#context() * DATA_TLB_CONTEXT_BYTES);
    block.setInt(FETCH_TLB, block.base + FETCH_TLBS + block.int(MODE) * TLB_TABLE_BYTES);
  }

  insertRead(low: number, high: number, frame: number, page: number): void {
    this.#note(READ_FILTER, page);
    this.#insert(this.#block.int(DATA_TLB) >>> 0, low, high, frame - ((low & PAGE_MASK) >>> 0), page);
  }

  insertWrite(low: number, high: number, frame: number, page: number): void {
    this.#note(WRITE_FILTER, page);
    const table = (this.#block.int(DATA_TLB) >>> 0) + TLB_TABLE_BYTES;
    this.#insert(table, low, high, frame - ((low & PAGE_MASK) >>> 0), page);
  }

  /** Answers the entry's offset in FETCH_TLBS. */
  insertFetch(low: number, high: number, records: number, page: number): number {
    const table = this.#block.int(FETCH_TLB) >>> 0;
    this.#insert(table, low, high, records, page);
    return table - (this.#block.base + FETCH_TLBS) + ((low >>> 8) & INDEX_MASK);
  }

  flushAll(): void {
    this.#block.fill(DATA_TLBS, DATA_TLB_CONTEXTS * DATA_TLB_CONTEXT_BYTES, EMPTY);
    this.#block.fill(FETCH_TLBS, FETCH_TLB_BYTES, EMPTY);
    this.#block.fill(READ_FILTER, PAGE_FILTER_BYTES, 0);
    this.#block.fill(WRITE_FILTER, PAGE_FILTER_BYTES, 0);
    this.#forgetSuperpages();
  }

  /** All that came through page tables: after a write of satp or a general SFENCE.VMA. */
  flushTranslated(): void {
    this.#block.fill(DATA_TLBS, TRANSLATED_CONTEXTS * DATA_TLB_CONTEXT_BYTES, EMPTY);
    this.#block.fill(FETCH_TLBS, TRANSLATED_FETCH_TABLES * TLB_TABLE_BYTES, EMPTY);
    this.#forgetSuperpages();
  }

  flushWrites(): void {
    for (let context = 0; context < DATA_TLB_CONTEXTS; context++) {
      this.#block.fill(DATA_TLBS + context * DATA_TLB_CONTEXT_BYTES + TLB_TABLE_BYTES, TLB_TABLE_BYTES, EMPTY);
    }
    this.#block.fill(WRITE_FILTER, PAGE_FILTER_BYTES, 0);
  }

  /** One virtual page; all of them when it may lie in a superpage, whose other pages would stay. */
  flushVirtualPage(low: number, high: number): void {
    const page = virtualPage(low, high);
    if (page >= this.#block.double(SUPERPAGE_FIRST) && page <= this.#block.double(SUPERPAGE_LAST)) {
      this.flushTranslated();
      return;
    }
    const index = (low >>> 8) & INDEX_MASK;
    for (let table = 0; table < TRANSLATED_CONTEXTS * 2; table++) {
      this.#block.setHalves(DATA_TLBS + table * TLB_TABLE_BYTES + index, -1, -1);
    }
    for (let table = 0; table < TRANSLATED_FETCH_TABLES; table++) {
      this.#block.setHalves(FETCH_TLBS + table * TLB_TABLE_BYTES + index, -1, -1);
    }
  }

  noteSuperpage(first: number, last: number): void {
    const block = this.#block;
    if (first < block.double(SUPERPAGE_FIRST)) block.setDouble(SUPERPAGE_FIRST, first);
    if (last > block.double(SUPERPAGE_LAST)) block.setDouble(SUPERPAGE_LAST, last);
  }

  /** The guest page has moved to another frame: what reads it must look again. */
  dropReads(page: number): void {
    if (!this.#mayHold(READ_FILTER, page)) return;
    for (let context = 0; context < DATA_TLB_CONTEXTS; context++) {
      this.#dropPage(DATA_TLBS + context * DATA_TLB_CONTEXT_BYTES, page);
    }
  }

  /** The guest page holds decoded code from now on. */
  dropWrites(page: number): void {
    if (!this.#mayHold(WRITE_FILTER, page)) return;
    for (let context = 0; context < DATA_TLB_CONTEXTS; context++) {
      this.#dropPage(DATA_TLBS + context * DATA_TLB_CONTEXT_BYTES + TLB_TABLE_BYTES, page);
    }
  }

  /** Only the entry at an offset in FETCH_TLBS, if it is the page's. */
  dropFetch(offset: number, page: number): void {
    if (this.#block.int(FETCH_TLBS + offset + 12) === page) this.#block.setHalves(FETCH_TLBS + offset, -1, -1);
  }

  dropFetches(page: number): void {
    for (let mode = 0; mode <= PRIVILEGE_MACHINE; mode++) this.#dropPage(FETCH_TLBS + mode * TLB_TABLE_BYTES, page);
  }

  #note(filter: number, page: number): void {
    const index = this.#block.base + filter + ((page % PAGE_FILTER_PAGES) >> 3);
    this.#block.host.bytes[index] = this.#block.host.bytes[index]! | (1 << (page & 7));
  }

  #mayHold(filter: number, page: number): boolean {
    const index = this.#block.base + filter + ((page % PAGE_FILTER_PAGES) >> 3);
    return (this.#block.host.bytes[index]! & (1 << (page & 7))) !== 0;
  }

  #context(): number {
    switch (this.dataMode()) {
      case PRIVILEGE_MACHINE:
        return CONTEXT_MACHINE;
      case PRIVILEGE_SUPERVISOR:
        return (this.#block.int(MSTATUS) & MSTATUS_SUM) === 0 ? CONTEXT_SUPERVISOR : CONTEXT_SUPERVISOR_SUM;
      default:
        return CONTEXT_USER;
    }
  }

  #insert(table: number, low: number, high: number, addend: number, page: number): void {
    const words = this.#block.host.i32;
    const index = (table + ((low >>> 8) & INDEX_MASK)) >>> 2;
    words[index] = low & PAGE_MASK;
    words[index + 1] = high;
    words[index + 2] = addend;
    words[index + 3] = page;
  }

  #dropPage(table: number, page: number): void {
    const words = this.#block.host.i32;
    const start = (this.#block.base + table) >>> 2;
    for (let index = start; index < start + TLB_TABLE_BYTES / 4; index += ENTRY_WORDS) {
      if (words[index + 3] === page) {
        words[index] = -1;
        words[index + 1] = -1;
      }
    }
  }

  #forgetSuperpages(): void {
    this.#block.setDouble(SUPERPAGE_FIRST, Infinity);
    this.#block.setDouble(SUPERPAGE_LAST, -Infinity);
  }
}

// Fetches that the fetch TLB does not answer. A page of RAM gets its records in the decode cache; an instruction that crosses into
// another page, or lies in ROM or in a page that PMP rules cut, is decoded by itself into the stray records each time it runs.

import type { Block } from './block.ts';
import { RAM_FIRST_PAGE } from './board-map.ts';
import type { Bus } from './bus.ts';
import { CAUSE_INSTRUCTION_ACCESS_FAULT } from './csr-bits.ts';
import type { DecodeCache } from './decode-cache.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import { instructionLength, writeRecord } from './interpreter/decode.ts';
import { OPERATION_PAGE_END } from './interpreter/operations.ts';
import { MODE, PC, RECORD_BYTES, REMAINING, STRAY_RECORDS } from './layout.ts';
import { type Mmu, WANT_EXECUTE } from './mmu.ts';
import { PERMISSION_CUT, PERMISSION_EXECUTE, type Pmp } from './pmp.ts';
import type { Ram } from './ram.ts';
import type { Tlb } from './tlb.ts';
import type { Traps } from './traps.ts';

/** The generated code's sign that the fetch trapped. */
const NO_RECORD = 0;
const STRAY_FOLLOWERS = [1, 2] as const;

export class InstructionFetch {
  readonly #block: Block;
  readonly #mmu: Mmu;
  readonly #pmp: Pmp;
  readonly #tlb: Tlb;
  readonly #ram: Ram;
  readonly #decoded: DecodeCache;
  readonly #bus: Bus;
  readonly #traps: Traps;

  constructor(
    block: Block,
    parts: { mmu: Mmu; pmp: Pmp; tlb: Tlb; ram: Ram; decoded: DecodeCache; bus: Bus; traps: Traps },
  ) {
    this.#block = block;
    this.#mmu = parts.mmu;
    this.#pmp = parts.pmp;
    this.#tlb = parts.tlb;
    this.#ram = parts.ram;
    this.#decoded = parts.decoded;
    this.#bus = parts.bus;
    this.#traps = parts.traps;
  }

  /** The record of the instruction at the block's pc, or NO_RECORD when it trapped. */
  fetch(): number {
    const low = this.#block.int(PC);
    const high = this.#block.high(PC);
    const mode = this.#block.int(MODE);
    const page = this.#mmu.translate(low, high, WANT_EXECUTE, mode);
    if (page < 0) return this.#trap(-page, low, high);
    const ramPage = page - RAM_FIRST_PAGE;
    const rules = this.#pmp.page(page, mode);
    if (rules === PERMISSION_CUT || !this.#ram.has(ramPage)) return this.fetchAlone();
    if ((rules & PERMISSION_EXECUTE) === 0) return this.#trap(CAUSE_INSTRUCTION_ACCESS_FAULT, low, high);
    const records = this.#decoded.records(ramPage);
    this.#decoded.noteEntry(ramPage, this.#tlb.insertFetch(low, high, records, ramPage));
    return records + ((low & (PAGE_BYTES - 1)) / 2) * RECORD_BYTES;
  }

  /** The instruction at the block's pc by itself, half by half. */
  fetchAlone(): number {
    const low = this.#block.int(PC);
    const high = this.#block.high(PC);
    const first = this.#half(low, high);
    if (first < 0) return this.#trap(-first, low, high);
    let word = first;
    if (instructionLength(first) === 4) {
      const secondLow = (low + 2) | 0;
      const secondHigh = secondLow === 0 ? (high + 1) | 0 : high;
      const second = this.#half(secondLow, secondHigh);
      if (second < 0) return this.#trap(-second, secondLow, secondHigh);
      word |= second << 16;
    }
    const record = this.#block.base + STRAY_RECORDS;
    const { host } = this.#block;
    writeRecord(host, record, word, -1);
    for (const follower of STRAY_FOLLOWERS) host.u16[(record + follower * RECORD_BYTES) >>> 1] = OPERATION_PAGE_END;
    return record;
  }

  /** Two bytes of code, or the negative cause. */
  #half(low: number, high: number): number {
    const mode = this.#block.int(MODE);
    const page = this.#mmu.translate(low, high, WANT_EXECUTE, mode);
    if (page < 0) return page;
    const offset = low & (PAGE_BYTES - 1);
    const address = page * PAGE_BYTES + offset;
    if ((this.#pmp.range(address, 2, mode) & PERMISSION_EXECUTE) === 0) return -CAUSE_INSTRUCTION_ACCESS_FAULT;
    const ramPage = page - RAM_FIRST_PAGE;
    if (this.#ram.has(ramPage)) return this.#block.host.u16[(this.#ram.pages.readFrame(ramPage) + offset) >>> 1]!;
    return this.#bus.fetchHalf(address) ?? -CAUSE_INSTRUCTION_ACCESS_FAULT;
  }

  #trap(cause: number, low: number, high: number): number {
    // The generated code has not yet counted the instruction that could not be fetched.
    this.#block.setInt(REMAINING, this.#block.int(REMAINING) - 1);
    this.#traps.raise(cause, low, high);
    return NO_RECORD;
  }
}

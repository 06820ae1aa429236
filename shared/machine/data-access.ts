// Loads, stores and atomics that the TLB does not answer: misses, misaligned accesses, pages with decoded code, devices, faults. Like
// QEMU, RAM takes misaligned loads and stores, also across pages; atomics demand alignment, and devices too.

import type { Block } from './block.ts';
import { RAM_FIRST_PAGE } from './board-map.ts';
import type { Bus } from './bus.ts';
import { CAUSE_LOAD_MISALIGNED, CAUSE_STORE_MISALIGNED } from './csr-bits.ts';
import type { DecodeCache } from './decode-cache.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import { ACCESS_MODIFY, ACCESS_READ, ACCESS_RESERVE, ACCESS_WRITE, TRAPPED } from './interpreter/record-emitter.ts';
import { SCRATCH } from './layout.ts';
import { accessFault, type Mmu, WANT_READ, WANT_WRITE, type Want } from './mmu.ts';
import { PERMISSION_CUT, type Pmp } from './pmp.ts';
import type { Ram } from './ram.ts';
import type { Tlb } from './tlb.ts';
import type { Traps } from './traps.ts';

export class DataAccess {
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

  /**
   * The host address at which the generated code reads or writes, or TRAPPED. A value to be written is in SCRATCH; what was read from a device
   * or put together from two pages is left there, and what was already written to them is written once more, there.
   */
  access(low: number, high: number, bytes: number, kind: number): number {
    const misaligned = (low & (bytes - 1)) !== 0;
    if (misaligned) {
      if (kind === ACCESS_RESERVE) return this.#trap(CAUSE_LOAD_MISALIGNED, low, high);
      if (kind === ACCESS_MODIFY) return this.#trap(CAUSE_STORE_MISALIGNED, low, high);
      if ((low & (PAGE_BYTES - 1)) + bytes > PAGE_BYTES) return this.#accessTwoPages(low, high, bytes, kind);
    }
    const want = kind === ACCESS_WRITE || kind === ACCESS_MODIFY ? WANT_WRITE : WANT_READ;
    const mode = this.#tlb.dataMode();
    const page = this.#mmu.translate(low, high, want, mode);
    if (page < 0) return this.#trap(-page, low, high);
    const offset = low & (PAGE_BYTES - 1);
    const rules = this.#pmp.page(page, mode);
    const allowed = rules === PERMISSION_CUT ? this.#pmp.range(page * PAGE_BYTES + offset, bytes, mode) : rules;
    if ((allowed & want) === 0) return this.#trap(accessFault(want), low, high);
    const ramPage = page - RAM_FIRST_PAGE;
    if (!this.#ram.has(ramPage)) {
      const plain = kind === ACCESS_READ || kind === ACCESS_WRITE;
      if (misaligned || !plain || !this.#device(page * PAGE_BYTES + offset, bytes, want)) {
        return this.#trap(accessFault(want), low, high);
      }
      return this.#block.base + SCRATCH;
    }
    const frame = want === WANT_READ ? this.#ram.pages.readFrame(ramPage) : this.#ram.writableFrame(ramPage);
    if (want === WANT_READ) {
      if (rules !== PERMISSION_CUT) this.#tlb.insertRead(low, high, frame, ramPage);
    } else if (!this.#decoded.invalidate(ramPage, offset, bytes) && rules !== PERMISSION_CUT) {
      this.#tlb.insertWrite(low, high, frame, ramPage);
    }
    return frame + offset;
  }

  #device(address: number, bytes: number, want: Want): boolean {
    return want === WANT_READ ? this.#bus.read(address, bytes) : this.#bus.write(address, bytes);
  }

  /** Both pages are translated before a byte is moved, so that a store is done whole or not at all. */
  #accessTwoPages(low: number, high: number, bytes: number, kind: number): number {
    const want = kind === ACCESS_WRITE ? WANT_WRITE : WANT_READ;
    const firstBytes = PAGE_BYTES - (low & (PAGE_BYTES - 1));
    const secondLow = (low + firstBytes) | 0;
    const secondHigh = secondLow === 0 ? (high + 1) | 0 : high;
    const first = this.#ramPage(low, high, firstBytes, want);
    if (first < 0) return this.#trap(-first, low, high);
    const second = this.#ramPage(secondLow, secondHigh, bytes - firstBytes, want);
    if (second < 0) return this.#trap(-second, secondLow, secondHigh);
    const firstOffset = PAGE_BYTES - firstBytes;
    const scratch = this.#block.base + SCRATCH;
    if (want === WANT_READ) {
      const copy = this.#block.host.bytes;
      const from = this.#ram.pages.readFrame(first) + firstOffset;
      copy.copyWithin(scratch, from, from + firstBytes);
      const rest = this.#ram.pages.readFrame(second);
      copy.copyWithin(scratch + firstBytes, rest, rest + bytes - firstBytes);
    } else {
      this.#store(first, firstOffset, scratch, firstBytes);
      this.#store(second, 0, scratch + firstBytes, bytes - firstBytes);
    }
    return scratch;
  }

  /** A RAM page that may be accessed in this way, or the negative cause. */
  #ramPage(low: number, high: number, bytes: number, want: Want): number {
    const mode = this.#tlb.dataMode();
    const page = this.#mmu.translate(low, high, want, mode);
    if (page < 0) return page;
    const allowed = this.#pmp.range(page * PAGE_BYTES + (low & (PAGE_BYTES - 1)), bytes, mode);
    const ramPage = page - RAM_FIRST_PAGE;
    return (allowed & want) === 0 || !this.#ram.has(ramPage) ? -accessFault(want) : ramPage;
  }

  #store(page: number, offset: number, from: number, bytes: number): void {
    const frame = this.#ram.writableFrame(page);
    this.#block.host.bytes.copyWithin(frame + offset, from, from + bytes);
    this.#ram.overwritten(page, offset, bytes);
  }

  #trap(cause: number, low: number, high: number): number {
    this.#traps.raise(cause, low, high);
    return TRAPPED;
  }
}

// Physical memory protection (Privileged Architecture 3.7): 16 entries of 4-byte granularity, checked on TLB misses. A page that a
// rule cuts in two never enters a TLB, so that each access to it is checked by itself.

import type { Block } from './block.ts';
import { PRIVILEGE_MACHINE } from './csr-bits.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import { PMP_BOUNDS, PMP_COUNT, PMPADDR, PMPCFG } from './layout.ts';

export const PMP_ENTRIES = 16;
export const PERMISSION_READ = 1;
export const PERMISSION_WRITE = 2;
export const PERMISSION_EXECUTE = 4;
export const PERMISSION_ALL = 7;
/** What `page` answers when a rule ends inside the page. */
export const PERMISSION_CUT = -1;

const LOCKED = 0x80;
const MATCH_SHIFT = 3;
const MATCH_OFF = 0;
const MATCH_TOR = 1;
const MATCH_NA4 = 2;
const WORDS_PER_PAGE = PAGE_BYTES / 4;
const TWO_32 = 2 ** 32;

export class Pmp {
  readonly #block: Block;

  constructor(block: Block) {
    this.#block = block;
  }

  /** To be called when the registers have changed: works out the bounds, which every TLB miss needs several times. */
  refresh(): void {
    let count = 0;
    for (let entry = 0; entry < PMP_ENTRIES; entry++) {
      const kind = (this.#configuration(entry) >> MATCH_SHIFT) & 3;
      const isOn = kind !== MATCH_OFF;
      if (isOn) count = entry + 1;
      this.#block.setDouble(PMP_BOUNDS + entry * 16, isOn ? this.#start(entry, kind) : 0);
      this.#block.setDouble(PMP_BOUNDS + entry * 16 + 8, isOn ? this.#stop(entry, kind) : 0);
    }
    this.#block.setInt(PMP_COUNT, count);
  }

  /** What `mode` may do anywhere in a physical page, or PERMISSION_CUT. */
  page(page: number, mode: number): number {
    const first = page * WORDS_PER_PAGE;
    return this.#match(first, first + WORDS_PER_PAGE, mode);
  }

  /** What `mode` may do with `bytes` at a physical address; nothing when a rule ends between them. */
  range(address: number, bytes: number, mode: number): number {
    const found = this.#match(Math.floor(address / 4), Math.floor((address + bytes - 1) / 4) + 1, mode);
    return found === PERMISSION_CUT ? 0 : found;
  }

  isLocked(entry: number): boolean {
    return (this.#configuration(entry) & LOCKED) !== 0;
  }

  /** pmpaddr[entry] is also locked by a locked TOR entry above it. */
  isAddressLocked(entry: number): boolean {
    if (this.isLocked(entry)) return true;
    if (entry + 1 === PMP_ENTRIES || !this.isLocked(entry + 1)) return false;
    return ((this.#configuration(entry + 1) >> MATCH_SHIFT) & 3) === MATCH_TOR;
  }

  #match(first: number, end: number, mode: number): number {
    const count = this.#block.int(PMP_COUNT);
    for (let entry = 0; entry < count; entry++) {
      const start = this.#block.double(PMP_BOUNDS + entry * 16);
      const stop = this.#block.double(PMP_BOUNDS + entry * 16 + 8);
      // An entry that is off, or whose range is empty, matches nothing.
      if (start >= stop || end <= start || stop <= first) continue;
      const configuration = this.#configuration(entry);
      if (first < start || stop < end) return PERMISSION_CUT;
      if (mode === PRIVILEGE_MACHINE && (configuration & LOCKED) === 0) return PERMISSION_ALL;
      return configuration & PERMISSION_ALL;
    }
    return mode === PRIVILEGE_MACHINE ? PERMISSION_ALL : 0;
  }

  #configuration(entry: number): number {
    return this.#block.host.bytes[this.#block.base + PMPCFG + entry]!;
  }

  /** pmpaddr is an address divided by 4. */
  #word(entry: number): number {
    const offset = PMPADDR + entry * 8;
    return this.#block.high(offset) * TWO_32 + (this.#block.int(offset) >>> 0);
  }

  #start(entry: number, kind: number): number {
    if (kind === MATCH_TOR) return entry === 0 ? 0 : this.#word(entry - 1);
    if (kind === MATCH_NA4) return this.#word(entry);
    return this.#word(entry) - (2 ** this.#trailingOnes(entry) - 1);
  }

  #stop(entry: number, kind: number): number {
    if (kind === MATCH_TOR) return this.#word(entry);
    if (kind === MATCH_NA4) return this.#word(entry) + 1;
    const ones = this.#trailingOnes(entry);
    return this.#word(entry) - (2 ** ones - 1) + 2 ** (ones + 1);
  }

  #trailingOnes(entry: number): number {
    const offset = PMPADDR + entry * 8;
    const low = trailingZeros(~this.#block.int(offset));
    return low < 32 ? low : 32 + trailingZeros(~this.#block.high(offset));
  }
}

function trailingZeros(value: number): number {
  return value === 0 ? 32 : 31 - Math.clz32(value & -value);
}

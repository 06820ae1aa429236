// Translation of guest virtual addresses: Sv39 with hardware updates of A and D, in the order of checks of QEMU 7.2's
// get_physical_address (Privileged Architecture, "Sv39"). Works on halves, since it is on the way of every TLB miss.

import type { Block } from './block.ts';
import { RAM_FIRST_PAGE } from './board-map.ts';
import {
  CAUSE_INSTRUCTION_ACCESS_FAULT,
  CAUSE_INSTRUCTION_PAGE_FAULT,
  CAUSE_LOAD_ACCESS_FAULT,
  CAUSE_LOAD_PAGE_FAULT,
  CAUSE_STORE_ACCESS_FAULT,
  CAUSE_STORE_PAGE_FAULT,
  MSTATUS_MXR,
  MSTATUS_SUM,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
  PRIVILEGE_USER,
  SATP_MODE_SV39,
} from './csr-bits.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import { MSTATUS, SATP } from './layout.ts';
import { PERMISSION_READ, type Pmp } from './pmp.ts';
import type { Ram } from './ram.ts';
import { type Tlb, virtualPage } from './tlb.ts';

/** What an access wants, as PMP permission bits are numbered: read, write, execute. */
export const WANT_READ = 1;
export const WANT_WRITE = 2;
export const WANT_EXECUTE = 4;
export type Want = typeof WANT_READ | typeof WANT_WRITE | typeof WANT_EXECUTE;

const PTE_V = 0x01;
const PTE_R = 0x02;
const PTE_W = 0x04;
const PTE_X = 0x08;
const PTE_U = 0x10;
const PTE_A = 0x40;
const PTE_D = 0x80;
/** Reserved bits 63..54; Svpbmt and Svnapot are absent. */
const PTE_RESERVED_SHIFT = 22;
const PPN_HIGH_MASK = 0x3f_ffff;
const PPN_HIGH_UNIT = 2 ** 22;
const LEVELS = 3;
const SATP_PPN_HIGH_MASK = 0xfff;
const TWO_32 = 2 ** 32;
const PAGES_PER_HIGH = 2 ** 20;

export class Mmu {
  readonly #block: Block;
  readonly #ram: Ram;
  readonly #pmp: Pmp;
  readonly #tlb: Tlb;

  constructor(block: Block, ram: Ram, pmp: Pmp, tlb: Tlb) {
    this.#block = block;
    this.#ram = ram;
    this.#pmp = pmp;
    this.#tlb = tlb;
  }

  /** The physical page of an address, or the negative cause of the trap. */
  translate(low: number, high: number, want: Want, mode: number): number {
    const satpHigh = this.#block.high(SATP);
    if (mode === PRIVILEGE_MACHINE || satpHigh >>> 28 !== SATP_MODE_SV39) {
      return (high >>> 0) * PAGES_PER_HIGH + (low >>> 12);
    }
    // Bits 63..39 repeat bit 38.
    const top = high >> 6;
    if (top !== 0 && top !== -1) return -pageFault(want);
    return this.#walk(low, high, want, mode);
  }

  #walk(low: number, high: number, want: Want, mode: number): number {
    const words = this.#block.host.i32;
    // satp.PPN has 44 bits: 32 in the low half, 12 in the high one.
    let table = (this.#block.high(SATP) & SATP_PPN_HIGH_MASK) * TWO_32 + (this.#block.int(SATP) >>> 0);
    for (let level = LEVELS - 1; level >= 0; level--) {
      const index = indexAt(low, high, level);
      if ((this.#pmp.range(table * PAGE_BYTES + index * 8, 8, PRIVILEGE_SUPERVISOR) & PERMISSION_READ) === 0) {
        return -accessFault(want);
      }
      const ramPage = table - RAM_FIRST_PAGE;
      if (!this.#ram.has(ramPage)) return -pageFault(want);
      const at = (this.#ram.pages.readFrame(ramPage) + index * 8) >>> 2;
      const pte = words[at]!;
      const pteHigh = words[at + 1]!;
      if (pteHigh >>> PTE_RESERVED_SHIFT !== 0 || (pte & PTE_V) === 0) return -pageFault(want);
      const ppn = (pteHigh & PPN_HIGH_MASK) * PPN_HIGH_UNIT + (pte >>> 10);
      if ((pte & (PTE_R | PTE_W | PTE_X)) === 0) {
        if ((pte & (PTE_D | PTE_A | PTE_U)) !== 0) return -pageFault(want);
        table = ppn;
        continue;
      }
      if (!this.#permits(pte, want, mode)) return -pageFault(want);
      const span = 2 ** (9 * level);
      if (ppn % span !== 0) return -pageFault(want);
      this.#markUsed(ramPage, index, pte, want);
      const page = virtualPage(low, high);
      const within = page - Math.floor(page / span) * span;
      if (level > 0) this.#tlb.noteSuperpage(page - within, page - within + span - 1);
      return ppn + within;
    }
    return -pageFault(want);
  }

  #permits(pte: number, want: Want, mode: number): boolean {
    if ((pte & (PTE_R | PTE_W)) === PTE_W) return false;
    const status = this.#block.int(MSTATUS);
    if ((pte & PTE_U) === 0) {
      if (mode === PRIVILEGE_USER) return false;
    } else if (mode !== PRIVILEGE_USER && ((status & MSTATUS_SUM) === 0 || want === WANT_EXECUTE)) {
      return false;
    }
    switch (want) {
      case WANT_READ:
        return (pte & PTE_R) !== 0 || ((pte & PTE_X) !== 0 && (status & MSTATUS_MXR) !== 0);
      case WANT_WRITE:
        return (pte & PTE_W) !== 0;
      case WANT_EXECUTE:
        return (pte & PTE_X) !== 0;
    }
  }

  /** Sets A, and D for a write, in the page table: a store like any other to dirty logging and decoded code. */
  #markUsed(ramPage: number, index: number, pte: number, want: Want): void {
    const updated = pte | PTE_A | (want === WANT_WRITE ? PTE_D : 0);
    if (updated === pte) return;
    const frame = this.#ram.writableFrame(ramPage);
    this.#block.host.i32[(frame + index * 8) >>> 2] = updated;
    this.#ram.overwritten(ramPage, index * 8, 8);
  }
}

export function accessFault(want: Want): number {
  if (want === WANT_EXECUTE) return CAUSE_INSTRUCTION_ACCESS_FAULT;
  return want === WANT_WRITE ? CAUSE_STORE_ACCESS_FAULT : CAUSE_LOAD_ACCESS_FAULT;
}

function pageFault(want: Want): number {
  if (want === WANT_EXECUTE) return CAUSE_INSTRUCTION_PAGE_FAULT;
  return want === WANT_WRITE ? CAUSE_STORE_PAGE_FAULT : CAUSE_LOAD_PAGE_FAULT;
}

function indexAt(low: number, high: number, level: number): number {
  if (level === 0) return (low >>> 12) & 0x1ff;
  if (level === 1) return (low >>> 21) & 0x1ff;
  return ((high << 2) | (low >>> 30)) & 0x1ff;
}

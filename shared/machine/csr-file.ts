// The control and status registers: who may reach which, what reads show, which bits of a write count, and what a write sets
// in motion (Privileged Architecture, chapters 2 to 4; choices where it leaves one are QEMU 7.2's). Values are in two halves.

import type { Block } from './block.ts';
import {
  MISA_HIGH,
  MISA_LOW,
  MSTATUS_HIGH,
  MSTATUS_HIGH_SUPERVISOR,
  MSTATUS_MIE,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPP_SHIFT,
  MSTATUS_MPRV,
  MSTATUS_MXR,
  MSTATUS_SIE,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  MSTATUS_SUM,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
  PRIVILEGE_MACHINE,
  PRIVILEGE_USER,
  SATP_MODE_SV39,
} from './csr-bits.ts';
import { ALL_INTERRUPTS, MIP_SSIP, SUPERVISOR_INTERRUPTS } from './interrupts.ts';
import * as layout from './layout.ts';
import { PMP_ENTRIES, type Pmp } from './pmp.ts';
import type { SliceClock } from './slice-clock.ts';
import type { Tlb } from './tlb.ts';
import type { Traps } from './traps.ts';

/** What a write answers. */
export const WRITTEN = 0;
/** Translation or privilege may have changed: the next instruction has to be fetched anew. */
export const WRITTEN_REFETCH = 1;
export const NO_SUCH_CSR = 2;

const MSTATUS_WRITABLE =
  MSTATUS_SIE |
  MSTATUS_MIE |
  MSTATUS_SPIE |
  MSTATUS_MPIE |
  MSTATUS_SPP |
  MSTATUS_MPP |
  MSTATUS_MPRV |
  MSTATUS_SUM |
  MSTATUS_MXR |
  MSTATUS_TVM |
  MSTATUS_TW |
  MSTATUS_TSR;
const SSTATUS_BITS = MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SUM | MSTATUS_MXR;
const INVALID_MPP = 2;
/** Exceptions 0..9, 12, 13 and 15; a call from machine mode cannot come from below it. */
const DELEGABLE_EXCEPTIONS = 0xb3ff;
const COUNTER_CYCLE = 1;
const COUNTER_INSTRET = 4;
const ENVCFG_FIOM = 1;
const PMPADDR_HIGH_MASK = 0x3f_ffff;
const SATP_MODE_BARE = 0;
const TWO_32 = 2 ** 32;

const CSR_SATP = 0x180;
const CSR_PMPCFG0 = 0x3a0;
const CSR_PMPADDR0 = 0x3b0;
const CSR_MCYCLE = 0xb00;
const CSR_MINSTRET = 0xb02;
const CSR_CYCLE = 0xc00;
const CSR_TIME = 0xc01;
const CSR_INSTRET = 0xc02;

/** CSRs that are a field of the block, with the bits of a write that count: low half, high half. */
const PLAIN: ReadonlyMap<number, readonly [offset: number, lowMask: number, highMask: number]> = new Map([
  [0x106, [layout.SCOUNTEREN, -1, 0]],
  [0x10a, [layout.SENVCFG, ENVCFG_FIOM, 0]],
  [0x140, [layout.SSCRATCH, -1, -1]],
  [0x141, [layout.SEPC, ~1, -1]],
  [0x142, [layout.SCAUSE, -1, -1]],
  [0x143, [layout.STVAL, -1, -1]],
  [0x302, [layout.MEDELEG, DELEGABLE_EXCEPTIONS, 0]],
  [0x303, [layout.MIDELEG, SUPERVISOR_INTERRUPTS, 0]],
  [0x304, [layout.MIE, ALL_INTERRUPTS, 0]],
  [0x306, [layout.MCOUNTEREN, -1, 0]],
  [0x30a, [layout.MENVCFG, ENVCFG_FIOM, 0]],
  [0x320, [layout.MCOUNTINHIBIT, COUNTER_CYCLE | COUNTER_INSTRET, 0]],
  [0x340, [layout.MSCRATCH, -1, -1]],
  [0x341, [layout.MEPC, ~1, -1]],
  [0x342, [layout.MCAUSE, -1, -1]],
  [0x343, [layout.MTVAL, -1, -1]],
]);

/** CSRs that read 0 and ignore writes: identification we do not claim, event counters, triggers. */
function readsZero(number: number): boolean {
  if (number >= 0xf11 && number <= 0xf15) return true;
  if (number >= 0xb03 && number <= 0xb1f) return true;
  if (number >= 0x323 && number <= 0x33f) return true;
  return number >= 0x7a0 && number <= 0x7a3;
}

export class CsrFile {
  /** The value that `read` found, and the one that `write` takes. */
  low = 0;
  high = 0;
  readonly #block: Block;
  readonly #clock: SliceClock;
  readonly #pmp: Pmp;
  readonly #tlb: Tlb;
  readonly #traps: Traps;

  constructor(block: Block, clock: SliceClock, pmp: Pmp, tlb: Tlb, traps: Traps) {
    this.#block = block;
    this.#clock = clock;
    this.#pmp = pmp;
    this.#tlb = tlb;
    this.#traps = traps;
  }

  /** Whether the present privilege may name this CSR at all (Privileged Architecture 2.1). */
  isReachable(number: number, forWriting: boolean): boolean {
    const mode = this.#block.int(layout.MODE);
    if (mode < ((number >>> 8) & 3)) return false;
    if (forWriting && number >>> 10 === 3) return false;
    if (number === CSR_SATP) {
      return mode === PRIVILEGE_MACHINE || (this.#block.int(layout.MSTATUS) & MSTATUS_TVM) === 0;
    }
    if (number >= CSR_CYCLE && number <= CSR_INSTRET) return this.#mayCount(1 << (number - CSR_CYCLE), mode);
    return true;
  }

  /** Leaves the value in `low` and `high`; false when there is no such CSR. */
  read(number: number): boolean {
    const block = this.#block;
    const plain = PLAIN.get(number);
    if (plain !== undefined) return this.#answer(block.int(plain[0]), block.high(plain[0]));
    switch (number) {
      case 0x100:
        return this.#answer(block.int(layout.MSTATUS) & SSTATUS_BITS, MSTATUS_HIGH_SUPERVISOR);
      case 0x104:
        return this.#answer(block.int(layout.MIE) & block.int(layout.MIDELEG), 0);
      case 0x105:
        return this.#answer(block.int(layout.STVEC), block.high(layout.STVEC));
      case 0x144:
        return this.#answer(this.#traps.pending() & block.int(layout.MIDELEG), 0);
      case CSR_SATP:
        return this.#answer(block.int(layout.SATP), block.high(layout.SATP));
      case 0x300:
        return this.#answer(block.int(layout.MSTATUS), MSTATUS_HIGH);
      case 0x301:
        return this.#answer(MISA_LOW, MISA_HIGH);
      case 0x305:
        return this.#answer(block.int(layout.MTVEC), block.high(layout.MTVEC));
      case 0x344:
        return this.#answer(this.#traps.pending(), 0);
      case CSR_MCYCLE:
      case CSR_CYCLE:
        return this.#answerLong(this.#cycles());
      case CSR_MINSTRET:
      case CSR_INSTRET:
        return this.#answerLong(this.#retired());
      case CSR_TIME: {
        const ticks = this.#clock.guestTicks();
        return this.#answer(ticks, Math.floor(ticks / TWO_32));
      }
      default:
        return this.#readOther(number);
    }
  }

  /** Writes what is in `low` and `high`. */
  write(number: number): number {
    const block = this.#block;
    if (number === 0x320) return this.#writeInhibit(this.low & (COUNTER_CYCLE | COUNTER_INSTRET));
    const plain = PLAIN.get(number);
    if (plain !== undefined) {
      block.setHalves(plain[0], this.low & plain[1], this.high & plain[2]);
      if (number === 0x303) this.#traps.recheck();
      // The run loop looks at the timer only while its interrupt is enabled.
      if (number === 0x304) block.requestStop(layout.STOP_RECHECK);
      return WRITTEN;
    }
    switch (number) {
      case 0x100:
        return this.#writeStatus(SSTATUS_BITS);
      case 0x104: {
        const delegated = block.int(layout.MIDELEG);
        block.setInt(layout.MIE, (block.int(layout.MIE) & ~delegated) | (this.low & delegated & ALL_INTERRUPTS));
        this.#traps.recheck();
        return WRITTEN;
      }
      case 0x105:
        return this.#writeVector(layout.STVEC);
      case 0x144:
        return this.#writePending(MIP_SSIP & block.int(layout.MIDELEG));
      case CSR_SATP:
        return this.#writeTranslation();
      case 0x300:
        return this.#writeStatus(MSTATUS_WRITABLE);
      case 0x301:
        return WRITTEN;
      case 0x305:
        return this.#writeVector(layout.MTVEC);
      case 0x344:
        return this.#writePending(SUPERVISOR_INTERRUPTS);
      case CSR_MCYCLE:
        block.setLong(layout.MCYCLE_OFFSET, this.#long() - this.#counterBase(COUNTER_CYCLE, this.#executedAfter()));
        return WRITTEN;
      case CSR_MINSTRET:
        block.setLong(layout.MINSTRET_OFFSET, this.#long() - this.#counterBase(COUNTER_INSTRET, this.#retiredAfter()));
        return WRITTEN;
      default:
        return this.#writeOther(number);
    }
  }

  #answer(low: number, high: number): boolean {
    this.low = low | 0;
    this.high = high | 0;
    return true;
  }

  #answerLong(value: bigint): boolean {
    return this.#answer(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  #long(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  #readOther(number: number): boolean {
    if (number >= CSR_PMPADDR0 && number < CSR_PMPADDR0 + PMP_ENTRIES) {
      const offset = layout.PMPADDR + (number - CSR_PMPADDR0) * 8;
      return this.#answer(this.#block.int(offset), this.#block.high(offset));
    }
    // In RV64 the odd pmpcfg registers do not exist.
    if (number === CSR_PMPCFG0 || number === CSR_PMPCFG0 + 2) {
      const offset = layout.PMPCFG + (number - CSR_PMPCFG0) * 4;
      return this.#answer(this.#block.int(offset), this.#block.high(offset));
    }
    return readsZero(number) && this.#answer(0, 0);
  }

  #writeOther(number: number): number {
    if (number >= CSR_PMPADDR0 && number < CSR_PMPADDR0 + PMP_ENTRIES) {
      const entry = number - CSR_PMPADDR0;
      if (this.#pmp.isAddressLocked(entry)) return WRITTEN;
      this.#block.setHalves(layout.PMPADDR + entry * 8, this.low, this.high & PMPADDR_HIGH_MASK);
      this.#pmp.refresh();
      this.#tlb.flushAll();
      return WRITTEN_REFETCH;
    }
    if (number === CSR_PMPCFG0 || number === CSR_PMPCFG0 + 2) {
      const first = (number - CSR_PMPCFG0) * 4;
      const bytes = this.#block.host.bytes;
      for (let entry = first; entry < first + 8; entry++) {
        const half = entry - first < 4 ? this.low : this.high;
        if (!this.#pmp.isLocked(entry)) {
          bytes[this.#block.base + layout.PMPCFG + entry] = legalPmpConfiguration(half >>> (8 * (entry & 3)));
        }
      }
      this.#pmp.refresh();
      this.#tlb.flushAll();
      return WRITTEN_REFETCH;
    }
    return readsZero(number) ? WRITTEN : NO_SUCH_CSR;
  }

  #writeStatus(mask: number): number {
    const block = this.#block;
    const before = block.int(layout.MSTATUS);
    let next = (before & ~mask) | (this.low & mask);
    if ((next & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT === INVALID_MPP)
      next = (next & ~MSTATUS_MPP) | (before & MSTATUS_MPP);
    block.setInt(layout.MSTATUS, next);
    const changed = before ^ next;
    if ((changed & MSTATUS_MXR) !== 0) this.#tlb.flushTranslated();
    this.#traps.recheck();
    if ((changed & (MSTATUS_MXR | MSTATUS_SUM | MSTATUS_MPRV | MSTATUS_MPP)) === 0) return WRITTEN;
    this.#tlb.select();
    return WRITTEN_REFETCH;
  }

  #writeVector(offset: number): number {
    if ((this.low & 2) === 0) this.#block.setHalves(offset, this.low, this.high);
    return WRITTEN;
  }

  #writePending(writable: number): number {
    const block = this.#block;
    block.setInt(layout.MIP_SOFTWARE, (block.int(layout.MIP_SOFTWARE) & ~writable) | (this.low & writable));
    this.#traps.recheck();
    return WRITTEN;
  }

  #writeTranslation(): number {
    const mode = this.high >>> 28;
    if (mode !== SATP_MODE_BARE && mode !== SATP_MODE_SV39) return WRITTEN;
    const block = this.#block;
    if (this.low === block.int(layout.SATP) && this.high === block.high(layout.SATP)) return WRITTEN;
    block.setHalves(layout.SATP, this.low, this.high);
    this.#tlb.flushTranslated();
    return WRITTEN_REFETCH;
  }

  #mayCount(bit: number, mode: number): boolean {
    if (mode < PRIVILEGE_MACHINE && (this.#block.int(layout.MCOUNTEREN) & bit) === 0) return false;
    return mode !== PRIVILEGE_USER || (this.#block.int(layout.SCOUNTEREN) & bit) !== 0;
  }

  #cycles(): bigint {
    return this.#counter(COUNTER_CYCLE, this.#clock.executedTotal(), layout.MCYCLE_OFFSET);
  }

  #retired(): bigint {
    const retired = this.#clock.executedTotal() - this.#block.double(layout.TRAPPED_TOTAL);
    return this.#counter(COUNTER_INSTRET, retired, layout.MINSTRET_OFFSET);
  }

  #executedAfter(): number {
    return this.#clock.executedTotal() + 1;
  }

  #retiredAfter(): number {
    return this.#executedAfter() - this.#block.double(layout.TRAPPED_TOTAL);
  }

  /** What is subtracted from a counter's value to give its offset: nothing while it stands still. */
  #counterBase(bit: number, count: number): bigint {
    return (this.#block.int(layout.MCOUNTINHIBIT) & bit) === 0 ? BigInt(count) : 0n;
  }

  #counter(bit: number, count: number, offset: number): bigint {
    return BigInt.asUintN(64, this.#counterBase(bit, count) + this.#block.long(offset));
  }

  /** A counter that stops keeps its value in its offset; one that starts again counts on from there. */
  #writeInhibit(inhibit: number): number {
    const block = this.#block;
    const counters = [
      [COUNTER_CYCLE, this.#executedAfter(), layout.MCYCLE_OFFSET],
      [COUNTER_INSTRET, this.#retiredAfter(), layout.MINSTRET_OFFSET],
    ] as const;
    const values = counters.map(([bit, count, offset]) => this.#counter(bit, count, offset));
    block.setInt(layout.MCOUNTINHIBIT, inhibit);
    counters.forEach(([bit, count, offset], index) => {
      block.setLong(offset, values[index]! - this.#counterBase(bit, count));
    });
    return WRITTEN;
  }
}

/** Bits 5 and 6 are 0; W without R is reserved and becomes no access of either kind. */
function legalPmpConfiguration(value: number): number {
  const bits = value & 0x9f;
  return (bits & 3) === 2 ? bits & ~2 : bits;
}

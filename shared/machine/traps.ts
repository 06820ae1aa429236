// Traps, interrupts and returns from them (Privileged Architecture 3.1.6 to 3.1.9, 3.3.2 and the supervisor's chapter): what moves between
// privileges. Interrupts are looked for only when something may have changed them; then they are taken before the next instruction.

import type { Block } from './block.ts';
import {
  MSTATUS_MIE,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPP_SHIFT,
  MSTATUS_MPRV,
  MSTATUS_SIE,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
} from './csr-bits.ts';
import { INTERRUPT_PRIORITY, MIP_MTIP } from './interrupts.ts';
import {
  HART_LINES,
  MCAUSE,
  MEDELEG,
  MEPC,
  MIDELEG,
  MIE,
  MIP_SOFTWARE,
  MODE,
  MSTATUS,
  MTVAL,
  MTVEC,
  PC,
  RESERVATION_ADDRESS,
  SCAUSE,
  SEPC,
  STOP_RECHECK,
  STVAL,
  STVEC,
  TRAPPED_TOTAL,
} from './layout.ts';
import type { SliceClock } from './slice-clock.ts';
import type { Tlb } from './tlb.ts';

const INTERRUPT_HIGH = -(2 ** 31);
const VECTORED = 1;
const NONE = -1;
const NO_RESERVATION = -1;

export class Traps {
  readonly #block: Block;
  readonly #clock: SliceClock;
  readonly #tlb: Tlb;

  constructor(block: Block, clock: SliceClock, tlb: Tlb) {
    this.#block = block;
    this.#clock = clock;
    this.#tlb = tlb;
  }

  /** The current instruction, whose address is the block's pc, traps. It does not retire. */
  raise(cause: number, valueLow: number, valueHigh: number): void {
    this.#block.setDouble(TRAPPED_TOTAL, this.#block.double(TRAPPED_TOTAL) + 1);
    this.#enter(cause, false, valueLow, valueHigh);
  }

  /** All of mip. */
  pending(): number {
    const block = this.#block;
    return block.int(HART_LINES) | block.int(MIP_SOFTWARE) | (this.#clock.timerIsDue() ? MIP_MTIP : 0);
  }

  /** An interrupt that wakes WFI: pending and enabled in mie, whatever mstatus says. */
  wakes(): boolean {
    const enabled = this.#block.int(MIE);
    return enabled !== 0 && (enabled & this.pending()) !== 0;
  }

  /** To be called after a change of what enables or raises interrupts: ends the run if one is to be taken. */
  recheck(): void {
    if (this.#deliverable() !== NONE) this.#block.requestStop(STOP_RECHECK);
  }

  /** Takes the interrupt of highest priority, if there is one that may be taken now. */
  takeInterrupt(): void {
    const bit = this.#deliverable();
    if (bit !== NONE) this.#enter(bit, true, 0, 0);
  }

  returnFromMachine(): void {
    const status = this.#block.int(MSTATUS);
    const mode = (status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    let next = status & ~(MSTATUS_MIE | MSTATUS_MPP);
    if ((status & MSTATUS_MPIE) !== 0) next |= MSTATUS_MIE;
    this.#return(next | MSTATUS_MPIE, mode, MEPC);
  }

  returnFromSupervisor(): void {
    const status = this.#block.int(MSTATUS);
    const mode = (status & MSTATUS_SPP) === 0 ? 0 : PRIVILEGE_SUPERVISOR;
    let next = status & ~(MSTATUS_SIE | MSTATUS_SPP);
    if ((status & MSTATUS_SPIE) !== 0) next |= MSTATUS_SIE;
    this.#return(next | MSTATUS_SPIE, mode, SEPC);
  }

  #return(status: number, mode: number, pcFrom: number): void {
    const block = this.#block;
    block.setInt(MSTATUS, mode === PRIVILEGE_MACHINE ? status : status & ~MSTATUS_MPRV);
    block.setInt(MODE, mode);
    block.copyHalves(PC, pcFrom);
    block.setHalves(RESERVATION_ADDRESS, NO_RESERVATION, NO_RESERVATION);
    this.#tlb.select();
    this.recheck();
  }

  #deliverable(): number {
    const block = this.#block;
    const enabled = block.int(MIE);
    if (enabled === 0) return NONE;
    const candidates = enabled & this.pending();
    if (candidates === 0) return NONE;
    const mode = block.int(MODE);
    const status = block.int(MSTATUS);
    const delegated = block.int(MIDELEG);
    let allowed = 0;
    if (mode < PRIVILEGE_MACHINE || (status & MSTATUS_MIE) !== 0) allowed = candidates & ~delegated;
    if (
      allowed === 0 &&
      (mode < PRIVILEGE_SUPERVISOR || (mode === PRIVILEGE_SUPERVISOR && (status & MSTATUS_SIE) !== 0))
    ) {
      allowed = candidates & delegated;
    }
    if (allowed === 0) return NONE;
    return INTERRUPT_PRIORITY.find((bit) => (allowed & (1 << bit)) !== 0) ?? NONE;
  }

  #enter(cause: number, isInterrupt: boolean, valueLow: number, valueHigh: number): void {
    const block = this.#block;
    const mode = block.int(MODE);
    const delegation = block.int(isInterrupt ? MIDELEG : MEDELEG);
    const toSupervisor = mode <= PRIVILEGE_SUPERVISOR && ((delegation >>> cause) & 1) === 1;
    const status = block.int(MSTATUS);
    if (toSupervisor) {
      let next = status & ~(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE);
      if (mode === PRIVILEGE_SUPERVISOR) next |= MSTATUS_SPP;
      if ((status & MSTATUS_SIE) !== 0) next |= MSTATUS_SPIE;
      block.setInt(MSTATUS, next);
    } else {
      let next = status & ~(MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE);
      next |= mode << MSTATUS_MPP_SHIFT;
      if ((status & MSTATUS_MIE) !== 0) next |= MSTATUS_MPIE;
      block.setInt(MSTATUS, next);
    }
    block.setHalves(toSupervisor ? SCAUSE : MCAUSE, cause, isInterrupt ? INTERRUPT_HIGH : 0);
    block.setHalves(toSupervisor ? STVAL : MTVAL, valueLow, valueHigh);
    block.copyHalves(toSupervisor ? SEPC : MEPC, PC);
    block.setInt(MODE, toSupervisor ? PRIVILEGE_SUPERVISOR : PRIVILEGE_MACHINE);
    // As in QEMU, no reservation outlives a trap or a return: an SC of another program must not succeed with it.
    block.setHalves(RESERVATION_ADDRESS, NO_RESERVATION, NO_RESERVATION);
    this.#jumpTo(toSupervisor ? STVEC : MTVEC, cause, isInterrupt);
    this.#tlb.select();
  }

  #jumpTo(vector: number, cause: number, isInterrupt: boolean): void {
    const block = this.#block;
    const low = block.int(vector);
    const offset = isInterrupt && (low & 3) === VECTORED ? 4 * cause : 0;
    const target = (low & ~3) >>> 0;
    const carry = target + offset > 0xffff_ffff ? 1 : 0;
    block.setHalves(PC, target + offset, block.high(vector) + carry);
  }
}

// The instructions whose effect lies in CSRs and privilege: Zicsr's six, ECALL, EBREAK, the trap returns, WFI, SFENCE.VMA, and every word that is no
// instruction. The generated code has saved pc and the record.

import type { Block } from './block.ts';
import {
  CAUSE_BREAKPOINT,
  CAUSE_ILLEGAL_INSTRUCTION,
  CAUSE_USER_ECALL,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
  PRIVILEGE_USER,
} from './csr-bits.ts';
import { type CsrFile, NO_SUCH_CSR, WRITTEN } from './csr-file.ts';
import {
  CSR_DONE,
  CSR_OPERATIONS,
  CSR_REFETCH,
  CSR_TRAPPED,
  RECORD_IMM,
  RECORD_RS1,
  SYSTEM_EVENTS,
} from './interpreter/record-emitter.ts';
import { HALTED, MIP_SOFTWARE, MODE, MSTATUS, PC, RECORD, SCRATCH, STOP_WFI, X } from './layout.ts';
import type { SystemEvent } from './semantics/instruction.ts';
import type { Tlb } from './tlb.ts';
import type { Traps } from './traps.ts';

const INSTRUCTION_BYTES = 4;
const CSR_MIP = 0x344;
const CSR_SIP = 0x144;
const OPERATION_READ = CSR_OPERATIONS.indexOf('read');
const OPERATION_SET = CSR_OPERATIONS.indexOf('set');
const OPERATION_CLEAR = CSR_OPERATIONS.indexOf('clear');

export class SystemInstructions {
  readonly #block: Block;
  readonly #csrs: CsrFile;
  readonly #tlb: Tlb;
  readonly #traps: Traps;

  constructor(block: Block, csrs: CsrFile, tlb: Tlb, traps: Traps) {
    this.#block = block;
    this.#csrs = csrs;
    this.#tlb = tlb;
    this.#traps = traps;
  }

  /** The operand is in SCRATCH; the old value is left there. */
  csr(operation: number): number {
    const block = this.#block;
    const number = this.#word() >>> 20;
    const writes = operation !== OPERATION_READ;
    if (!this.#csrs.isReachable(number, writes) || !this.#csrs.read(number)) return this.#illegalCsr();
    const operandLow = block.int(SCRATCH);
    const operandHigh = block.high(SCRATCH);
    const oldLow = this.#csrs.low;
    const oldHigh = this.#csrs.high;
    let result = WRITTEN;
    if (writes) {
      // Set and clear of a pending bit work on what software wrote, not on the line that is ORed with it (3.1.9).
      const baseLow = number === CSR_MIP || number === CSR_SIP ? block.int(MIP_SOFTWARE) : oldLow;
      this.#csrs.low = combine(operation, baseLow, operandLow);
      this.#csrs.high = combine(operation, oldHigh, operandHigh);
      result = this.#csrs.write(number);
      if (result === NO_SUCH_CSR) return this.#illegalCsr();
    }
    block.setHalves(SCRATCH, oldLow, oldHigh);
    if (result === WRITTEN) return CSR_DONE;
    this.#advance();
    return CSR_REFETCH;
  }

  system(event: number): void {
    this.#carryOut(SYSTEM_EVENTS[event]!);
  }

  #carryOut(event: SystemEvent): void {
    const mode = this.#block.int(MODE);
    const status = this.#block.int(MSTATUS);
    switch (event) {
      case 'illegal':
        this.#illegal();
        return;
      case 'ecall':
        this.#traps.raise(CAUSE_USER_ECALL + mode, 0, 0);
        return;
      case 'ebreak':
        this.#traps.raise(CAUSE_BREAKPOINT, 0, 0);
        return;
      case 'mret':
        if (mode < PRIVILEGE_MACHINE) this.#illegal();
        else this.#traps.returnFromMachine();
        return;
      case 'sret':
        if (mode < PRIVILEGE_SUPERVISOR || (mode === PRIVILEGE_SUPERVISOR && (status & MSTATUS_TSR) !== 0))
          this.#illegal();
        else this.#traps.returnFromSupervisor();
        return;
      case 'wfi':
        if (mode === PRIVILEGE_USER || (mode === PRIVILEGE_SUPERVISOR && (status & MSTATUS_TW) !== 0)) this.#illegal();
        else this.#wait();
        return;
      case 'sfence.vma':
        if (mode === PRIVILEGE_USER || (mode === PRIVILEGE_SUPERVISOR && (status & MSTATUS_TVM) !== 0)) this.#illegal();
        else this.#fence();
        return;
    }
  }

  #wait(): void {
    this.#advance();
    if (this.#traps.wakes()) return;
    this.#block.setInt(HALTED, 1);
    this.#block.requestStop(STOP_WFI);
  }

  #fence(): void {
    this.#advance();
    const register = this.#block.host.u16[(this.#record() + RECORD_RS1) >>> 1]!;
    if (register === X) this.#tlb.flushTranslated();
    else this.#tlb.flushVirtualPage(this.#block.int(register), this.#block.high(register));
  }

  /** mtval shows the instruction's bits. */
  #illegal(): void {
    this.#traps.raise(CAUSE_ILLEGAL_INSTRUCTION, this.#word(), 0);
  }

  #illegalCsr(): number {
    this.#illegal();
    return CSR_TRAPPED;
  }

  #advance(): void {
    const low = this.#block.int(PC) >>> 0;
    const carry = low + INSTRUCTION_BYTES > 0xffff_ffff ? 1 : 0;
    this.#block.setHalves(PC, low + INSTRUCTION_BYTES, this.#block.high(PC) + carry);
  }

  #record(): number {
    return this.#block.int(RECORD) >>> 0;
  }

  #word(): number {
    return this.#block.host.i32[(this.#record() + RECORD_IMM) >>> 2]!;
  }
}

function combine(operation: number, old: number, operand: number): number {
  if (operation === OPERATION_SET) return old | operand;
  if (operation === OPERATION_CLEAR) return old & ~operand;
  return operand;
}

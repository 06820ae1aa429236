// What an entry of the semantics table is, and the words it is written in. An entry emits WebAssembly over abstract
// operands: for the interpreter they are fields of a decoded record, for a translator constants and locals. Memory, control
// flow and the system are hooks, since those two carry them out differently; what an instruction computes is said here, once.

import type { Code, I32, I64, Value, ValueType } from '../wasm/mod.ts';

/** Where the operands are in the 32-bit word (Unprivileged ISA, section 2.2). `raw`: imm is the word itself. */
export type Format = 'R' | 'I' | 'S' | 'B' | 'U' | 'J' | 'shift' | 'raw';

/** How control goes on: straight, to pc + imm perhaps, to pc + imm, to an address in a register, or as the system says. */
export type Flow = 'straight' | 'branch' | 'jump' | 'indirect' | 'system';

export type AccessBytes = 1 | 2 | 4 | 8;

/** Instructions whose effect lies in privilege, traps and translation; carried out by JavaScript. */
export type SystemEvent = 'illegal' | 'ecall' | 'ebreak' | 'mret' | 'sret' | 'wfi' | 'sfence.vma';
export type CsrOperation = 'read' | 'write' | 'set' | 'clear';

export interface Emitter {
  readonly code: Code;
  readonly rs1: I64;
  readonly rs2: I64;
  readonly imm: I64;
  readonly pc: I64;
  /** The address of the instruction that follows in memory. */
  readonly nextPc: I64;
  /** Computes a value now and only once. */
  let<T extends ValueType>(value: Value<T>): Value<T>;
  setRd(value: I64): void;
  /** Host address from which to read `bytes` at a guest virtual address. Leaves the instruction when the access traps. */
  readAt(bytes: AccessBytes, address: I64): I32;
  /** Host address at which to write. The value is needed for devices, which take it before the write. */
  writeAt(bytes: AccessBytes, address: I64, value: I64): I32;
  /** As readAt for LR, which demands alignment. */
  reserveAt(bytes: AccessBytes, address: I64): I32;
  /** Host address for a read and a write in one (AMO, SC): alignment is demanded, faults are those of a store. */
  modifyAt(bytes: AccessBytes, address: I64): I32;
  /** A 64-bit field of the VM's block (layout.ts). */
  state(offset: number): I64;
  setState(offset: number, value: I64): void;
  /** Goes to pc + imm when the condition holds. */
  branchIf(condition: I32): void;
  /** Goes to pc + imm. */
  jump(): void;
  jumpTo(target: I64): void;
  /** The CSR's old value; imm is the instruction's word. */
  csr(operation: CsrOperation, operand: I64): I64;
  system(event: SystemEvent): void;
}

export interface Instruction {
  readonly name: string;
  /** An instruction word w is this one when (w & mask) === match, both as unsigned 32-bit numbers. */
  readonly mask: number;
  readonly match: number;
  readonly format: Format;
  readonly flow: Flow;
  readonly emit: (e: Emitter) => void;
}

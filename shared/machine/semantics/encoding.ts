// Masks and matches of the base instruction formats (Unprivileged ISA, section 2.2 and chapter "RV32/64G Instruction Set
// Listings"), so that the semantics files name opcodes and functs instead of bit patterns.

import type { Emitter, Flow, Format, Instruction } from './instruction.ts';

type Emit = (e: Emitter) => void;

const OPCODE_MASK = 0x7f;
const FUNCT3_MASK = 0x7000;
const FUNCT7_MASK = 0xfe000000;
const FUNCT6_MASK = 0xfc000000;

export function byOpcode(name: string, opcode: number, format: Format, flow: Flow, emit: Emit): Instruction {
  return { name, mask: OPCODE_MASK, match: opcode, format, flow, emit };
}

export function byFunct3(
  name: string,
  opcode: number,
  funct3: number,
  format: Format,
  flow: Flow,
  emit: Emit,
): Instruction {
  return { name, mask: OPCODE_MASK | FUNCT3_MASK, match: opcode | (funct3 << 12), format, flow, emit };
}

export function register(name: string, opcode: number, funct3: number, funct7: number, emit: Emit): Instruction {
  return {
    name,
    mask: (OPCODE_MASK | FUNCT3_MASK | FUNCT7_MASK) >>> 0,
    match: (opcode | (funct3 << 12) | (funct7 << 25)) >>> 0,
    format: 'R',
    flow: 'straight',
    emit,
  };
}

/** Shifts by an immediate: 6 bits of amount in RV64, 5 in the W forms. */
export function shift(name: string, opcode: number, funct3: number, funct7: number, emit: Emit): Instruction {
  const mask = opcode === 0x1b ? FUNCT7_MASK : FUNCT6_MASK;
  return {
    name,
    mask: (OPCODE_MASK | FUNCT3_MASK | mask) >>> 0,
    match: (opcode | (funct3 << 12) | (funct7 << 25)) >>> 0,
    format: 'shift',
    flow: 'straight',
    emit,
  };
}

export function exact(name: string, match: number, mask: number, flow: Flow, emit: Emit): Instruction {
  return { name, mask: mask >>> 0, match: match >>> 0, format: 'raw', flow, emit };
}

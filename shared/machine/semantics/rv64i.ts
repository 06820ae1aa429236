// RV64I, the base integer instructions, and Zifencei (Unprivileged ISA, chapters 2, 4 and "Zifencei").

import { type Code, type I32, type I64, i32, i64 } from '../wasm/mod.ts';
import { byFunct3, byOpcode, register, shift } from './encoding.ts';
import type { AccessBytes, Emitter, Instruction } from './instruction.ts';

const OP_LOAD = 0x03;
const OP_MISC_MEM = 0x0f;
const OP_IMM = 0x13;
const OP_AUIPC = 0x17;
const OP_IMM_32 = 0x1b;
const OP_STORE = 0x23;
const OP_OP = 0x33;
const OP_LUI = 0x37;
const OP_OP_32 = 0x3b;
const OP_BRANCH = 0x63;
const OP_JALR = 0x67;
const OP_JAL = 0x6f;

/** A 32-bit result, sign-extended as RV64 keeps all 32-bit values. */
const word = (value: I32): I64 => i64.extendS(value);
const low = (value: I64): I32 => i32.wrap(value);
const flag = (condition: I32): I64 => i64.extendU(condition);

function immediate(name: string, funct3: number, result: (a: I64, b: I64) => I64): Instruction {
  return byFunct3(name, OP_IMM, funct3, 'I', 'straight', (e) => e.setRd(result(e.rs1, e.imm)));
}

function operation(name: string, funct3: number, funct7: number, result: (a: I64, b: I64) => I64): Instruction {
  return register(name, OP_OP, funct3, funct7, (e) => e.setRd(result(e.rs1, e.rs2)));
}

function wordOperation(name: string, funct3: number, funct7: number, result: (a: I32, b: I32) => I32): Instruction {
  return register(name, OP_OP_32, funct3, funct7, (e) => e.setRd(word(result(low(e.rs1), low(e.rs2)))));
}

function shiftImmediate(name: string, funct3: number, funct7: number, result: (a: I64, b: I64) => I64): Instruction {
  return shift(name, OP_IMM, funct3, funct7, (e) => e.setRd(result(e.rs1, e.imm)));
}

function wordShiftImmediate(
  name: string,
  funct3: number,
  funct7: number,
  result: (a: I32, b: I32) => I32,
): Instruction {
  return shift(name, OP_IMM_32, funct3, funct7, (e) => e.setRd(word(result(low(e.rs1), low(e.imm)))));
}

function load(name: string, funct3: number, bytes: AccessBytes, read: (at: I32) => I64): Instruction {
  return byFunct3(name, OP_LOAD, funct3, 'I', 'straight', (e) => {
    const at = e.readAt(bytes, i64.add(e.rs1, e.imm));
    e.setRd(read(at));
  });
}

function store(
  name: string,
  funct3: number,
  bytes: AccessBytes,
  write: (code: Code, at: I32, value: I64) => void,
): Instruction {
  return byFunct3(name, OP_STORE, funct3, 'S', 'straight', (e) => {
    const at = e.writeAt(bytes, i64.add(e.rs1, e.imm), e.rs2);
    write(e.code, at, e.rs2);
  });
}

function branch(name: string, funct3: number, condition: (a: I64, b: I64) => I32): Instruction {
  return byFunct3(name, OP_BRANCH, funct3, 'B', 'branch', (e) => e.branchIf(condition(e.rs1, e.rs2)));
}

function jalr(e: Emitter): void {
  const target = e.let(i64.and(i64.add(e.rs1, e.imm), i64.const(-2)));
  e.setRd(e.nextPc);
  e.jumpTo(target);
}

/** Memory is coherent and one hart runs at a time, so that fences order nothing that is not in order. */
function fence(_: Emitter): void {
  return;
}

export const rv64i: readonly Instruction[] = [
  byOpcode('lui', OP_LUI, 'U', 'straight', (e) => e.setRd(e.imm)),
  byOpcode('auipc', OP_AUIPC, 'U', 'straight', (e) => e.setRd(i64.add(e.pc, e.imm))),
  byOpcode('jal', OP_JAL, 'J', 'jump', (e) => {
    e.setRd(e.nextPc);
    e.jump();
  }),
  byFunct3('jalr', OP_JALR, 0, 'I', 'indirect', jalr),

  branch('beq', 0, i64.eq),
  branch('bne', 1, i64.ne),
  branch('blt', 4, i64.ltS),
  branch('bge', 5, i64.geS),
  branch('bltu', 6, i64.ltU),
  branch('bgeu', 7, i64.geU),

  load('lb', 0, 1, i64.load8S),
  load('lh', 1, 2, i64.load16S),
  load('lw', 2, 4, i64.load32S),
  load('ld', 3, 8, i64.load),
  load('lbu', 4, 1, i64.load8U),
  load('lhu', 5, 2, i64.load16U),
  load('lwu', 6, 4, i64.load32U),

  store('sb', 0, 1, i64.store8),
  store('sh', 1, 2, i64.store16),
  store('sw', 2, 4, i64.store32),
  store('sd', 3, 8, i64.store),

  immediate('addi', 0, i64.add),
  immediate('slti', 2, (a, b) => flag(i64.ltS(a, b))),
  immediate('sltiu', 3, (a, b) => flag(i64.ltU(a, b))),
  immediate('xori', 4, i64.xor),
  immediate('ori', 6, i64.or),
  immediate('andi', 7, i64.and),
  shiftImmediate('slli', 1, 0x00, i64.shl),
  shiftImmediate('srli', 5, 0x00, i64.shrU),
  shiftImmediate('srai', 5, 0x20, i64.shrS),

  operation('add', 0, 0x00, i64.add),
  operation('sub', 0, 0x20, i64.sub),
  operation('sll', 1, 0x00, i64.shl),
  operation('slt', 2, 0x00, (a, b) => flag(i64.ltS(a, b))),
  operation('sltu', 3, 0x00, (a, b) => flag(i64.ltU(a, b))),
  operation('xor', 4, 0x00, i64.xor),
  operation('srl', 5, 0x00, i64.shrU),
  operation('sra', 5, 0x20, i64.shrS),
  operation('or', 6, 0x00, i64.or),
  operation('and', 7, 0x00, i64.and),

  byFunct3('addiw', OP_IMM_32, 0, 'I', 'straight', (e) => e.setRd(word(i32.add(low(e.rs1), low(e.imm))))),
  wordShiftImmediate('slliw', 1, 0x00, i32.shl),
  wordShiftImmediate('srliw', 5, 0x00, i32.shrU),
  wordShiftImmediate('sraiw', 5, 0x20, i32.shrS),
  wordOperation('addw', 0, 0x00, i32.add),
  wordOperation('subw', 0, 0x20, i32.sub),
  wordOperation('sllw', 1, 0x00, i32.shl),
  wordOperation('srlw', 5, 0x00, i32.shrU),
  wordOperation('sraw', 5, 0x20, i32.shrS),

  byFunct3('fence', OP_MISC_MEM, 0, 'raw', 'straight', fence),
  byFunct3('fence.i', OP_MISC_MEM, 1, 'raw', 'straight', fence),
];

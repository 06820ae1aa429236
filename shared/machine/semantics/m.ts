// The M extension: multiplication and division (Unprivileged ISA, chapter "M"). Division never traps: by zero it gives all ones
// or the dividend, and the one overflow gives the dividend or zero (table 11 there).

import { choose, type I32, type I64, i32, i64 } from '../wasm/mod.ts';
import { register } from './encoding.ts';
import type { Emitter, Instruction } from './instruction.ts';

const OP_OP = 0x33;
const OP_OP_32 = 0x3b;
const FUNCT7_MULDIV = 0x01;

const LOW_HALF = i64.const(0xffff_ffff);
const HALF_BITS = i64.const(32);
const MIN_64 = i64.const(-(1n << 63n));
const MIN_32 = i32.const(-(2 ** 31));

/** The high 64 bits of the unsigned 128-bit product, from four products of halves. */
function highProduct(e: Emitter, a: I64, b: I64): I64 {
  const aLow = e.let(i64.and(a, LOW_HALF));
  const aHigh = e.let(i64.shrU(a, HALF_BITS));
  const bLow = e.let(i64.and(b, LOW_HALF));
  const bHigh = e.let(i64.shrU(b, HALF_BITS));
  const cross = e.let(i64.add(i64.mul(aHigh, bLow), i64.shrU(i64.mul(aLow, bLow), HALF_BITS)));
  const middle = e.let(i64.add(i64.mul(aLow, bHigh), i64.and(cross, LOW_HALF)));
  return i64.add(i64.add(i64.mul(aHigh, bHigh), i64.shrU(cross, HALF_BITS)), i64.shrU(middle, HALF_BITS));
}

/** What to take off the unsigned product for a negative factor: the other factor. */
const ifNegative = (factor: I64, other: I64): I64 => i64.and(i64.shrS(factor, i64.const(63)), other);

const isOverflow = (a: I64, b: I64): I32 => i32.and(i64.eq(b, i64.const(-1)), i64.eq(a, MIN_64));
const isWordOverflow = (a: I32, b: I32): I32 => i32.and(i32.eq(b, i32.const(-1)), i32.eq(a, MIN_32));

function long(name: string, funct3: number, result: (e: Emitter, a: I64, b: I64) => I64): Instruction {
  return register(name, OP_OP, funct3, FUNCT7_MULDIV, (e) => {
    const a = e.let(e.rs1);
    const b = e.let(e.rs2);
    e.setRd(result(e, a, b));
  });
}

function short(name: string, funct3: number, result: (a: I32, b: I32) => I32): Instruction {
  return register(name, OP_OP_32, funct3, FUNCT7_MULDIV, (e) => {
    const a = e.let(i32.wrap(e.rs1));
    const b = e.let(i32.wrap(e.rs2));
    e.setRd(i64.extendS(result(a, b)));
  });
}

export const m: readonly Instruction[] = [
  register('mul', OP_OP, 0, FUNCT7_MULDIV, (e) => e.setRd(i64.mul(e.rs1, e.rs2))),
  long('mulh', 1, (e, a, b) => i64.sub(i64.sub(highProduct(e, a, b), ifNegative(a, b)), ifNegative(b, a))),
  long('mulhsu', 2, (e, a, b) => i64.sub(highProduct(e, a, b), ifNegative(a, b))),
  long('mulhu', 3, highProduct),
  long('div', 4, (_, a, b) => choose(i64.eqz(b), i64.const(-1), choose(isOverflow(a, b), a, i64.divS(a, b)))),
  long('divu', 5, (_, a, b) => choose(i64.eqz(b), i64.const(-1), i64.divU(a, b))),
  // WebAssembly's remainder of the overflow is 0, as RISC-V's.
  long('rem', 6, (_, a, b) => choose(i64.eqz(b), a, i64.remS(a, b))),
  long('remu', 7, (_, a, b) => choose(i64.eqz(b), a, i64.remU(a, b))),
  register('mulw', OP_OP_32, 0, FUNCT7_MULDIV, (e) => e.setRd(i64.extendS(i32.mul(i32.wrap(e.rs1), i32.wrap(e.rs2))))),
  short('divw', 4, (a, b) => choose(i32.eqz(b), i32.const(-1), choose(isWordOverflow(a, b), a, i32.divS(a, b)))),
  short('divuw', 5, (a, b) => choose(i32.eqz(b), i32.const(-1), i32.divU(a, b))),
  short('remw', 6, (a, b) => choose(i32.eqz(b), a, i32.remS(a, b))),
  short('remuw', 7, (a, b) => choose(i32.eqz(b), a, i32.remU(a, b))),
];

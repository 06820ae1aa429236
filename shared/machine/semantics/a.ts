// The A extension (Unprivileged ISA, chapter "A"). LR/SC follow QEMU: the reservation is the address and the value read, and SC succeeds
// when both still hold, without touching memory when the address differs. One hart runs at a time, so that plain reads and
// writes are atomic.

import { RESERVATION_ADDRESS, RESERVATION_VALUE } from '../layout.ts';
import { type Code, type I32, type I64, i32, i64, select } from '../wasm/mod.ts';
import type { AccessBytes, Emitter, Instruction } from './instruction.ts';

const OP_AMO = 0x2f;
const NO_RESERVATION = i64.const(-1);
/** opcode, funct3 and funct5; aq and rl are free. */
const MASK = 0xf800707f;
const LR_MASK = MASK | 0x01f00000;

interface Width {
  readonly suffix: string;
  readonly funct3: number;
  readonly bytes: AccessBytes;
  readonly read: (at: I32) => I64;
  readonly write: (code: Code, at: I32, value: I64) => void;
  /** A register's value as the width's unsigned comparison sees it. */
  readonly unsigned: (value: I64) => I64;
  /** The value as the width reads it back. */
  readonly signed: (value: I64) => I64;
}

const WIDTHS: readonly Width[] = [
  {
    suffix: 'w',
    funct3: 2,
    bytes: 4,
    read: i64.load32S,
    write: i64.store32,
    unsigned: (value) => i64.extendU(i32.wrap(value)),
    signed: i64.extend32S,
  },
  {
    suffix: 'd',
    funct3: 3,
    bytes: 8,
    read: i64.load,
    write: i64.store,
    unsigned: (value) => value,
    signed: (value) => value,
  },
];

type Update = (old: I64, operand: I64, width: Width) => I64;

const UPDATES: readonly { readonly name: string; readonly funct5: number; readonly update: Update }[] = [
  { name: 'amoadd', funct5: 0x00, update: i64.add },
  { name: 'amoswap', funct5: 0x01, update: (_, operand) => operand },
  { name: 'amoxor', funct5: 0x04, update: i64.xor },
  { name: 'amoor', funct5: 0x08, update: i64.or },
  { name: 'amoand', funct5: 0x0c, update: i64.and },
  { name: 'amomin', funct5: 0x10, update: (old, b, w) => select(i64.ltS(old, w.signed(b)), old, b) },
  { name: 'amomax', funct5: 0x14, update: (old, b, w) => select(i64.gtS(old, w.signed(b)), old, b) },
  { name: 'amominu', funct5: 0x18, update: (old, b, w) => select(i64.ltU(w.unsigned(old), w.unsigned(b)), old, b) },
  { name: 'amomaxu', funct5: 0x1c, update: (old, b, w) => select(i64.gtU(w.unsigned(old), w.unsigned(b)), old, b) },
];

function instruction(
  name: string,
  width: Width,
  funct5: number,
  mask: number,
  emit: (e: Emitter) => void,
): Instruction {
  return {
    name: `${name}.${width.suffix}`,
    mask: mask >>> 0,
    match: (OP_AMO | (width.funct3 << 12) | (funct5 << 27)) >>> 0,
    format: 'R',
    flow: 'straight',
    emit,
  };
}

function loadReserved(width: Width): Instruction {
  return instruction('lr', width, 0x02, LR_MASK, (e) => {
    const address = e.let(e.rs1);
    const value = e.let(width.read(e.reserveAt(width.bytes, address)));
    e.setState(RESERVATION_ADDRESS, address);
    e.setState(RESERVATION_VALUE, value);
    e.setRd(value);
  });
}

function storeConditional(width: Width): Instruction {
  return instruction('sc', width, 0x03, MASK, (e) => {
    const address = e.let(e.rs1);
    const value = e.let(e.rs2);
    const done = (failed: number) => {
      e.setState(RESERVATION_ADDRESS, NO_RESERVATION);
      e.setRd(i64.const(failed));
    };
    e.code.if(
      i64.eq(address, e.state(RESERVATION_ADDRESS)),
      () => {
        const at = e.modifyAt(width.bytes, address);
        e.code.if(
          i64.eq(width.read(at), width.signed(e.state(RESERVATION_VALUE))),
          () => {
            width.write(e.code, at, value);
            done(0);
          },
          () => done(1),
        );
      },
      () => done(1),
    );
  });
}

function memoryOperation(name: string, funct5: number, update: Update, width: Width): Instruction {
  return instruction(name, width, funct5, MASK, (e) => {
    const operand = e.let(e.rs2);
    const at = e.modifyAt(width.bytes, e.rs1);
    const old = e.let(width.read(at));
    width.write(e.code, at, update(old, operand, width));
    e.setRd(old);
  });
}

export const a: readonly Instruction[] = WIDTHS.flatMap((width) => [
  loadReserved(width),
  storeConditional(width),
  ...UPDATES.map(({ name, funct5, update }) => memoryOperation(name, funct5, update, width)),
]);

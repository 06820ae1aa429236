// Typed expressions of WebAssembly's 32- and 64-bit integers (core specification, section 5.4): the words in which the semantics
// table says what an instruction means. The types keep an i32 from being used where an i64 is meant.

import { type Code, type I32, type I64, TYPE_BYTE, type Value, type ValueType } from './code.ts';

function unary<A extends ValueType, R extends ValueType>(type: R, opcode: number) {
  return (a: Value<A>): Value<R> => ({
    type,
    write: (code) => {
      a.write(code);
      code.out.byte(opcode);
    },
  });
}

function binary<A extends ValueType, R extends ValueType>(type: R, opcode: number) {
  return (a: Value<A>, b: Value<A>): Value<R> => ({
    type,
    write: (code) => {
      a.write(code);
      b.write(code);
      code.out.byte(opcode);
    },
  });
}

/** Alignment 1 (exponent 0) is always allowed and costs nothing on the machines we run on. */
const UNALIGNED = 0;

function load<R extends ValueType>(type: R, opcode: number) {
  return (address: I32, offset = 0): Value<R> => ({
    type,
    write: (code) => {
      address.write(code);
      code.out.byte(opcode);
      code.out.unsigned(UNALIGNED);
      code.out.unsigned(offset);
    },
  });
}

function store<A extends ValueType>(opcode: number) {
  return (code: Code, address: I32, value: Value<A>, offset = 0): void => {
    address.write(code);
    value.write(code);
    code.out.byte(opcode);
    code.out.unsigned(UNALIGNED);
    code.out.unsigned(offset);
  };
}

export const i32 = {
  const: (value: number): I32 => ({
    type: 'i32',
    write: (code) => {
      code.out.byte(0x41);
      code.out.signed(value);
    },
  }),
  eqz: unary<'i32', 'i32'>('i32', 0x45),
  eq: binary<'i32', 'i32'>('i32', 0x46),
  ne: binary<'i32', 'i32'>('i32', 0x47),
  ltS: binary<'i32', 'i32'>('i32', 0x48),
  ltU: binary<'i32', 'i32'>('i32', 0x49),
  gtU: binary<'i32', 'i32'>('i32', 0x4b),
  geU: binary<'i32', 'i32'>('i32', 0x4f),
  add: binary<'i32', 'i32'>('i32', 0x6a),
  sub: binary<'i32', 'i32'>('i32', 0x6b),
  mul: binary<'i32', 'i32'>('i32', 0x6c),
  divS: binary<'i32', 'i32'>('i32', 0x6d),
  divU: binary<'i32', 'i32'>('i32', 0x6e),
  remS: binary<'i32', 'i32'>('i32', 0x6f),
  remU: binary<'i32', 'i32'>('i32', 0x70),
  and: binary<'i32', 'i32'>('i32', 0x71),
  or: binary<'i32', 'i32'>('i32', 0x72),
  xor: binary<'i32', 'i32'>('i32', 0x73),
  shl: binary<'i32', 'i32'>('i32', 0x74),
  shrS: binary<'i32', 'i32'>('i32', 0x75),
  shrU: binary<'i32', 'i32'>('i32', 0x76),
  wrap: unary<'i64', 'i32'>('i32', 0xa7),
  load: load('i32', 0x28),
  load16U: load('i32', 0x2f),
  store: store<'i32'>(0x36),
} as const;

export const i64 = {
  const: (value: bigint | number): I64 => ({
    type: 'i64',
    write: (code) => {
      code.out.byte(0x42);
      code.out.signed64(BigInt(value));
    },
  }),
  eqz: unary<'i64', 'i32'>('i32', 0x50),
  eq: binary<'i64', 'i32'>('i32', 0x51),
  ne: binary<'i64', 'i32'>('i32', 0x52),
  ltS: binary<'i64', 'i32'>('i32', 0x53),
  ltU: binary<'i64', 'i32'>('i32', 0x54),
  gtS: binary<'i64', 'i32'>('i32', 0x55),
  gtU: binary<'i64', 'i32'>('i32', 0x56),
  geS: binary<'i64', 'i32'>('i32', 0x59),
  geU: binary<'i64', 'i32'>('i32', 0x5a),
  add: binary<'i64', 'i64'>('i64', 0x7c),
  sub: binary<'i64', 'i64'>('i64', 0x7d),
  mul: binary<'i64', 'i64'>('i64', 0x7e),
  divS: binary<'i64', 'i64'>('i64', 0x7f),
  divU: binary<'i64', 'i64'>('i64', 0x80),
  remS: binary<'i64', 'i64'>('i64', 0x81),
  remU: binary<'i64', 'i64'>('i64', 0x82),
  and: binary<'i64', 'i64'>('i64', 0x83),
  or: binary<'i64', 'i64'>('i64', 0x84),
  xor: binary<'i64', 'i64'>('i64', 0x85),
  shl: binary<'i64', 'i64'>('i64', 0x86),
  shrS: binary<'i64', 'i64'>('i64', 0x87),
  shrU: binary<'i64', 'i64'>('i64', 0x88),
  rotl: binary<'i64', 'i64'>('i64', 0x89),
  extendS: unary<'i32', 'i64'>('i64', 0xac),
  extendU: unary<'i32', 'i64'>('i64', 0xad),
  extend32S: unary<'i64', 'i64'>('i64', 0xc4),
  load: load('i64', 0x29),
  load8S: load('i64', 0x30),
  load8U: load('i64', 0x31),
  load16S: load('i64', 0x32),
  load16U: load('i64', 0x33),
  load32S: load('i64', 0x34),
  load32U: load('i64', 0x35),
  store: store<'i64'>(0x37),
  store8: store<'i64'>(0x3c),
  store16: store<'i64'>(0x3d),
  store32: store<'i64'>(0x3e),
} as const;

/** Both values are computed; the condition chooses. */
export function select<T extends ValueType>(condition: I32, yes: Value<T>, no: Value<T>): Value<T> {
  return {
    type: yes.type,
    write: (code) => {
      yes.write(code);
      no.write(code);
      condition.write(code);
      code.out.byte(0x1b);
    },
  };
}

/** Only the chosen value is computed. */
export function choose<T extends ValueType>(condition: I32, yes: Value<T>, no: Value<T>): Value<T> {
  return {
    type: yes.type,
    write: (code) => {
      condition.write(code);
      code.openIf(TYPE_BYTE[yes.type]);
      yes.write(code);
      code.elseBranch();
      no.write(code);
      code.closeIf();
    },
  };
}

/** memory.copy within memory 0 (bulk memory operations). */
export function copyMemory(code: Code, target: I32, source: I32, bytes: I32): void {
  target.write(code);
  source.write(code);
  bytes.write(code);
  for (const byte of [0xfc, 0x0a, 0x00, 0x00]) code.out.byte(byte);
}

/** memory.fill in memory 0. */
export function fillMemory(code: Code, target: I32, value: I32, bytes: I32): void {
  target.write(code);
  value.write(code);
  bytes.write(code);
  for (const byte of [0xfc, 0x0b, 0x00]) code.out.byte(byte);
}

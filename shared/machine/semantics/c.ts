// The C extension (Unprivileged ISA, chapter "C"): each 16-bit instruction is the 32-bit one it stands for, so this file has no
// semantics, only the expansion. Reserved encodings and those of absent extensions (C.FLD and its kin) expand to 0, which is illegal.

/** The base instructions that compressed ones expand to: the interpreter needs them with length 2 also. */
export const COMPRESSIBLE: ReadonlySet<string> = new Set([
  'illegal',
  'addi',
  'addiw',
  'lui',
  'slli',
  'srli',
  'srai',
  'andi',
  'add',
  'sub',
  'xor',
  'or',
  'and',
  'addw',
  'subw',
  'lw',
  'ld',
  'sw',
  'sd',
  'jal',
  'jalr',
  'beq',
  'bne',
  'ebreak',
]);

const ILLEGAL = 0;
const SP = 2;
const RA = 1;

/** `bits(w, high, low)`: a field of the word, shifted down. */
const bits = (w: number, high: number, low: number): number => (w >>> low) & ((1 << (high - low + 1)) - 1);
const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);
/** The registers x8..x15 of the 3-bit fields. */
const short = (field: number): number => field + 8;

const iType = (opcode: number, funct3: number, rd: number, rs1: number, imm: number): number =>
  ((imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const sType = (funct3: number, rs1: number, rs2: number, imm: number): number =>
  ((bits(imm, 11, 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (bits(imm, 4, 0) << 7) | 0x23) >>> 0;
const rType = (opcode: number, funct3: number, funct7: number, rd: number, rs1: number, rs2: number): number =>
  ((funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const bType = (funct3: number, rs1: number, imm: number): number =>
  ((bits(imm, 12, 12) << 31) |
    (bits(imm, 10, 5) << 25) |
    (rs1 << 15) |
    (funct3 << 12) |
    (bits(imm, 4, 1) << 8) |
    (bits(imm, 11, 11) << 7) |
    0x63) >>>
  0;
const jType = (rd: number, imm: number): number =>
  ((bits(imm, 20, 20) << 31) |
    (bits(imm, 10, 1) << 21) |
    (bits(imm, 11, 11) << 20) |
    (bits(imm, 19, 12) << 12) |
    (rd << 7) |
    0x6f) >>>
  0;

const addi = (rd: number, rs1: number, imm: number): number => iType(0x13, 0, rd, rs1, imm);
const load = (funct3: number, rd: number, rs1: number, imm: number): number => iType(0x03, funct3, rd, rs1, imm);
const jalr = (rd: number, rs1: number): number => iType(0x67, 0, rd, rs1, 0);

/** imm[5] in bit 12, imm[4:0] in bits 6..2. */
const immediate6 = (w: number): number => signed((bits(w, 12, 12) << 5) | bits(w, 6, 2), 6);
const amount6 = (w: number): number => (bits(w, 12, 12) << 5) | bits(w, 6, 2);
const wordOffset = (w: number): number => (bits(w, 5, 5) << 6) | (bits(w, 12, 10) << 3) | (bits(w, 6, 6) << 2);
const doubleOffset = (w: number): number => (bits(w, 6, 5) << 6) | (bits(w, 12, 10) << 3);

function quadrant0(w: number): number {
  const rd = short(bits(w, 4, 2));
  const rs1 = short(bits(w, 9, 7));
  switch (bits(w, 15, 13)) {
    case 0: {
      const imm = (bits(w, 10, 7) << 6) | (bits(w, 12, 11) << 4) | (bits(w, 5, 5) << 3) | (bits(w, 6, 6) << 2);
      return imm === 0 ? ILLEGAL : addi(rd, SP, imm);
    }
    case 2:
      return load(2, rd, rs1, wordOffset(w));
    case 3:
      return load(3, rd, rs1, doubleOffset(w));
    case 6:
      return sType(2, rs1, rd, wordOffset(w));
    case 7:
      return sType(3, rs1, rd, doubleOffset(w));
    default:
      return ILLEGAL;
  }
}

function arithmetic(w: number): number {
  const rd = short(bits(w, 9, 7));
  const rs2 = short(bits(w, 4, 2));
  switch (bits(w, 11, 10)) {
    case 0:
      return iType(0x13, 5, rd, rd, amount6(w));
    case 1:
      return iType(0x13, 5, rd, rd, amount6(w) | 0x400);
    case 2:
      return iType(0x13, 7, rd, rd, immediate6(w));
    default:
      break;
  }
  if (bits(w, 12, 12) === 0) {
    const [funct3, funct7] = (
      [
        [0, 0x20],
        [4, 0],
        [6, 0],
        [7, 0],
      ] as const
    )[bits(w, 6, 5)]!;
    return rType(0x33, funct3, funct7, rd, rd, rs2);
  }
  if (bits(w, 6, 5) === 0) return rType(0x3b, 0, 0x20, rd, rd, rs2);
  if (bits(w, 6, 5) === 1) return rType(0x3b, 0, 0x00, rd, rd, rs2);
  return ILLEGAL;
}

function quadrant1(w: number): number {
  const rd = bits(w, 11, 7);
  switch (bits(w, 15, 13)) {
    case 0:
      return addi(rd, rd, immediate6(w));
    case 1:
      return rd === 0 ? ILLEGAL : iType(0x1b, 0, rd, rd, immediate6(w));
    case 2:
      return addi(rd, 0, immediate6(w));
    case 3:
      return upperOrStack(w, rd);
    case 4:
      return arithmetic(w);
    case 5:
      return jType(0, jumpOffset(w));
    case 6:
      return bType(0, short(bits(w, 9, 7)), branchOffset(w));
    default:
      return bType(1, short(bits(w, 9, 7)), branchOffset(w));
  }
}

/** C.ADDI16SP and C.LUI; an immediate of 0 is reserved in both. */
function upperOrStack(w: number, rd: number): number {
  const imm = immediate6(w);
  if (imm === 0) return ILLEGAL;
  if (rd !== SP) return ((imm << 12) | (rd << 7) | 0x37) >>> 0;
  const offset =
    (bits(w, 12, 12) << 9) | (bits(w, 4, 3) << 7) | (bits(w, 5, 5) << 6) | (bits(w, 2, 2) << 5) | (bits(w, 6, 6) << 4);
  return addi(SP, SP, signed(offset, 10));
}

function jumpOffset(w: number): number {
  const offset =
    (bits(w, 12, 12) << 11) |
    (bits(w, 8, 8) << 10) |
    (bits(w, 10, 9) << 8) |
    (bits(w, 6, 6) << 7) |
    (bits(w, 7, 7) << 6) |
    (bits(w, 2, 2) << 5) |
    (bits(w, 11, 11) << 4) |
    (bits(w, 5, 3) << 1);
  return signed(offset, 12);
}

function branchOffset(w: number): number {
  const offset =
    (bits(w, 12, 12) << 8) |
    (bits(w, 6, 5) << 6) |
    (bits(w, 2, 2) << 5) |
    (bits(w, 11, 10) << 3) |
    (bits(w, 4, 3) << 1);
  return signed(offset, 9);
}

function quadrant2(w: number): number {
  const rd = bits(w, 11, 7);
  const rs2 = bits(w, 6, 2);
  switch (bits(w, 15, 13)) {
    case 0:
      return iType(0x13, 1, rd, rd, amount6(w));
    case 2: {
      const offset = (bits(w, 3, 2) << 6) | (bits(w, 12, 12) << 5) | (bits(w, 6, 4) << 2);
      return rd === 0 ? ILLEGAL : load(2, rd, SP, offset);
    }
    case 3: {
      const offset = (bits(w, 4, 2) << 6) | (bits(w, 12, 12) << 5) | (bits(w, 6, 5) << 3);
      return rd === 0 ? ILLEGAL : load(3, rd, SP, offset);
    }
    case 4:
      return jumpOrMove(bits(w, 12, 12), rd, rs2);
    case 6:
      return sType(2, SP, rs2, (bits(w, 8, 7) << 6) | (bits(w, 12, 9) << 2));
    case 7:
      return sType(3, SP, rs2, (bits(w, 9, 7) << 6) | (bits(w, 12, 10) << 3));
    default:
      return ILLEGAL;
  }
}

function jumpOrMove(bit12: number, rd: number, rs2: number): number {
  if (bit12 === 0) {
    if (rs2 !== 0) return addi(rd, rs2, 0);
    return rd === 0 ? ILLEGAL : jalr(0, rd);
  }
  if (rs2 !== 0) return rType(0x33, 0, 0, rd, rd, rs2);
  return rd === 0 ? 0x00100073 : jalr(RA, rd);
}

/** The 32-bit instruction that a 16-bit one stands for; 0 when it stands for none. */
export function expand(halfword: number): number {
  switch (halfword & 3) {
    case 0:
      return quadrant0(halfword);
    case 1:
      return quadrant1(halfword);
    default:
      return quadrant2(halfword);
  }
}

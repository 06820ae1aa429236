// Instruction formats of RV64IMAC as bit patterns: the other half of a decoder, written separately from the machine's decoder so
// that one mistake cannot hide in both. Source: The RISC-V Instruction Set Manual, volume I, sections 2.2, 2.3 and 26.2-26.8
// (compressed formats; register fields with a prime are given here as x8..x15).

export const OPCODE = {
  load: 0x03,
  miscMem: 0x0f,
  opImm: 0x13,
  auipc: 0x17,
  opImm32: 0x1b,
  store: 0x23,
  amo: 0x2f,
  op: 0x33,
  lui: 0x37,
  op32: 0x3b,
  branch: 0x63,
  jalr: 0x67,
  jal: 0x6f,
  system: 0x73,
} as const;

export const typeR = (opcode: number, funct3: number, funct7: number, rd: number, rs1: number, rs2: number): number =>
  (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (funct7 << 25)) >>> 0;

export const typeI = (opcode: number, funct3: number, rd: number, rs1: number, immediate: number): number =>
  (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | ((immediate & 0xfff) << 20)) >>> 0;

export const typeS = (opcode: number, funct3: number, rs1: number, rs2: number, immediate: number): number =>
  (opcode |
    ((immediate & 0x1f) << 7) |
    (funct3 << 12) |
    (rs1 << 15) |
    (rs2 << 20) |
    (((immediate >> 5) & 0x7f) << 25)) >>>
  0;

export const typeB = (funct3: number, rs1: number, rs2: number, offset: number): number =>
  (OPCODE.branch |
    (((offset >> 11) & 1) << 7) |
    (((offset >> 1) & 0xf) << 8) |
    (funct3 << 12) |
    (rs1 << 15) |
    (rs2 << 20) |
    (((offset >> 5) & 0x3f) << 25) |
    (((offset >> 12) & 1) << 31)) >>>
  0;

export const typeU = (opcode: number, rd: number, upper20: number): number =>
  (opcode | (rd << 7) | ((upper20 & 0xfffff) << 12)) >>> 0;

export const typeJ = (rd: number, offset: number): number =>
  (OPCODE.jal |
    (rd << 7) |
    (((offset >> 12) & 0xff) << 12) |
    (((offset >> 11) & 1) << 20) |
    (((offset >> 1) & 0x3ff) << 21) |
    (((offset >> 20) & 1) << 31)) >>>
  0;

/** CI: funct3 | imm[5] | rd | imm[4:0] | op. */
export const typeCI = (quadrant: number, funct3: number, rd: number, immediate6: number): number =>
  quadrant | ((immediate6 & 0x1f) << 2) | (rd << 7) | (((immediate6 >> 5) & 1) << 12) | (funct3 << 13);

/** CR: funct4 | rd | rs2 | op. */
export const typeCR = (funct4: number, rd: number, rs2: number): number => 2 | (rs2 << 2) | (rd << 7) | (funct4 << 12);

/** C.ADDI16SP; the immediate is a multiple of 16 in -512..496 and not 0. */
export const cAddi16sp = (immediate: number): number =>
  1 |
  (((immediate >> 5) & 1) << 2) |
  (((immediate >> 7) & 3) << 3) |
  (((immediate >> 6) & 1) << 5) |
  (((immediate >> 4) & 1) << 6) |
  (2 << 7) |
  (((immediate >> 9) & 1) << 12) |
  (3 << 13);

/** C.ADDI4SPN; the immediate is a multiple of 4 in 4..1020. */
export const cAddi4spn = (rd: number, immediate: number): number =>
  ((rd - 8) << 2) |
  (((immediate >> 3) & 1) << 5) |
  (((immediate >> 2) & 1) << 6) |
  (((immediate >> 6) & 0xf) << 7) |
  (((immediate >> 4) & 3) << 11);

/** C.LW (funct3 2) and C.SW (funct3 6); the offset is a multiple of 4 in 0..124. */
export const cWord = (funct3: number, register: number, base: number, offset: number): number =>
  ((register - 8) << 2) |
  (((offset >> 6) & 1) << 5) |
  (((offset >> 2) & 1) << 6) |
  ((base - 8) << 7) |
  (((offset >> 3) & 7) << 10) |
  (funct3 << 13);

/** C.LD (funct3 3) and C.SD (funct3 7); the offset is a multiple of 8 in 0..248. */
export const cDouble = (funct3: number, register: number, base: number, offset: number): number =>
  ((register - 8) << 2) | (((offset >> 6) & 3) << 5) | ((base - 8) << 7) | (((offset >> 3) & 7) << 10) | (funct3 << 13);

/** C.LWSP; the offset is a multiple of 4 in 0..252, rd is not x0. */
export const cLwsp = (rd: number, offset: number): number =>
  2 | (((offset >> 6) & 3) << 2) | (((offset >> 2) & 7) << 4) | (rd << 7) | (((offset >> 5) & 1) << 12) | (2 << 13);

/** C.LDSP; the offset is a multiple of 8 in 0..504, rd is not x0. */
export const cLdsp = (rd: number, offset: number): number =>
  2 | (((offset >> 6) & 7) << 2) | (((offset >> 3) & 3) << 5) | (rd << 7) | (((offset >> 5) & 1) << 12) | (3 << 13);

/** C.SWSP; the offset is a multiple of 4 in 0..252. */
export const cSwsp = (rs2: number, offset: number): number =>
  2 | (rs2 << 2) | (((offset >> 6) & 3) << 7) | (((offset >> 2) & 0xf) << 9) | (6 << 13);

/** C.SDSP; the offset is a multiple of 8 in 0..504. */
export const cSdsp = (rs2: number, offset: number): number =>
  2 | (rs2 << 2) | (((offset >> 6) & 7) << 7) | (((offset >> 3) & 7) << 10) | (7 << 13);

/** C.SRLI (kind 0), C.SRAI (1) and C.ANDI (2) on x8..x15. */
export const cBits = (kind: number, rd: number, immediate6: number): number =>
  1 | ((immediate6 & 0x1f) << 2) | ((rd - 8) << 7) | (kind << 10) | (((immediate6 >> 5) & 1) << 12) | (4 << 13);

/** C.SUB, XOR, OR, AND (wide 0, kind 0..3) and C.SUBW, ADDW (wide 1, kind 0..1) on x8..x15. */
export const cArithmetic = (wide: number, kind: number, rd: number, rs2: number): number =>
  1 | ((rs2 - 8) << 2) | (kind << 5) | ((rd - 8) << 7) | (3 << 10) | (wide << 12) | (4 << 13);

/** C.J; the offset is even, in -2048..2046. */
export const cJump = (offset: number): number =>
  1 |
  (((offset >> 5) & 1) << 2) |
  (((offset >> 1) & 7) << 3) |
  (((offset >> 7) & 1) << 6) |
  (((offset >> 6) & 1) << 7) |
  (((offset >> 10) & 1) << 8) |
  (((offset >> 8) & 3) << 9) |
  (((offset >> 4) & 1) << 11) |
  (((offset >> 11) & 1) << 12) |
  (5 << 13);

/** C.BEQZ (funct3 6) and C.BNEZ (7) on x8..x15; the offset is even, in -256..254. */
export const cBranch = (funct3: number, rs1: number, offset: number): number =>
  1 |
  (((offset >> 5) & 1) << 2) |
  (((offset >> 1) & 3) << 3) |
  (((offset >> 6) & 3) << 5) |
  ((rs1 - 8) << 7) |
  (((offset >> 3) & 3) << 10) |
  (((offset >> 8) & 1) << 12) |
  (funct3 << 13);

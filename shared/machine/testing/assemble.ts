// Instruction words for tests, by name and operands, from the formats of the manual and not from the semantics table, so that a
// wrong table does not agree with itself.

const r = (opcode: number, funct3: number, funct7: number) => (rd: number, rs1: number, rs2: number) =>
  ((funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const i = (opcode: number, funct3: number) => (rd: number, rs1: number, imm: number) =>
  ((imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
/** value, base, offset: as in `sw value, offset(base)`. */
const s = (funct3: number) => (rs2: number, rs1: number, imm: number) =>
  (((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((imm & 31) << 7) | 0x23) >>> 0;
const b = (funct3: number) => (rs1: number, rs2: number, imm: number) =>
  ((((imm >> 12) & 1) << 31) |
    (((imm >> 5) & 63) << 25) |
    (rs2 << 20) |
    (rs1 << 15) |
    (funct3 << 12) |
    (((imm >> 1) & 15) << 8) |
    (((imm >> 11) & 1) << 7) |
    0x63) >>>
  0;
const csr = (funct3: number) => (rd: number, number: number, source: number) =>
  ((number << 20) | (source << 15) | (funct3 << 12) | (rd << 7) | 0x73) >>> 0;

export const addi = i(0x13, 0);
export const add = r(0x33, 0, 0);
export const mul = r(0x33, 0, 1);
export const lui = (rd: number, imm20: number): number => ((imm20 << 12) | (rd << 7) | 0x37) >>> 0;
export const auipc = (rd: number, imm20: number): number => ((imm20 << 12) | (rd << 7) | 0x17) >>> 0;
export const jal = (rd: number, imm: number): number =>
  ((((imm >> 20) & 1) << 31) |
    (((imm >> 1) & 0x3ff) << 21) |
    (((imm >> 11) & 1) << 20) |
    (((imm >> 12) & 0xff) << 12) |
    (rd << 7) |
    0x6f) >>>
  0;
export const jalr = i(0x67, 0);
export const beq = b(0);
export const bne = b(1);
export const bge = b(5);
export const lb = i(0x03, 0);
export const lw = i(0x03, 2);
export const ld = i(0x03, 3);
export const lhu = i(0x03, 5);
export const sb = s(0);
export const sw = s(2);
export const sd = s(3);
export const lrW = (rd: number, rs1: number): number => r(0x2f, 2, 0x02 << 2)(rd, rs1, 0);
/** rd, address, value. */
export const scW = r(0x2f, 2, 0x03 << 2);
export const amoaddD = r(0x2f, 3, 0);
/** rd, CSR, rs1 or immediate. */
export const csrrw = csr(1);
export const csrrs = csr(2);
export const csrrc = csr(3);
export const csrrwi = csr(5);
export const ECALL = 0x00000073;
export const EBREAK = 0x00100073;
export const MRET = 0x30200073;
export const SRET = 0x10200073;
export const WFI = 0x10500073;
export const SFENCE_VMA = 0x12000073;
export const NOP = addi(0, 0, 0);

export function program(...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  return bytes;
}

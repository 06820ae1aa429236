// Integer instructions without memory: RV64I, M and the compressed forms, with every register including x0 and operands at the
// edges. Used alone and as filling inside the other snippets.

import type { Assembler } from '../assembler.ts';
import { registerName } from '../assembler.ts';
import { cAddi4spn, cAddi16sp, cArithmetic, cBits, OPCODE, typeCI, typeCR, typeU } from '../encoding.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { randomCompressedRegister, randomRegister, randomValue, type SnippetContext } from './snippet.ts';

/** Name, funct3, funct7. */
const OP: readonly (readonly [string, number, number])[] = [
  ['add', 0, 0],
  ['sub', 0, 0x20],
  ['sll', 1, 0],
  ['slt', 2, 0],
  ['sltu', 3, 0],
  ['xor', 4, 0],
  ['srl', 5, 0],
  ['sra', 5, 0x20],
  ['or', 6, 0],
  ['and', 7, 0],
  ['mul', 0, 1],
  ['mulh', 1, 1],
  ['mulhsu', 2, 1],
  ['mulhu', 3, 1],
  ['div', 4, 1],
  ['divu', 5, 1],
  ['rem', 6, 1],
  ['remu', 7, 1],
];

const OP_32: readonly (readonly [string, number, number])[] = [
  ['addw', 0, 0],
  ['subw', 0, 0x20],
  ['sllw', 1, 0],
  ['srlw', 5, 0],
  ['sraw', 5, 0x20],
  ['mulw', 0, 1],
  ['divw', 4, 1],
  ['divuw', 5, 1],
  ['remw', 6, 1],
  ['remuw', 7, 1],
];

const DIVISION_EDGES = [
  0n,
  1n,
  -1n,
  -1n,
  -(1n << 63n),
  -(1n << 63n),
  -(1n << 31n),
  -(1n << 31n),
  (1n << 63n) - 1n,
  0xffff_ffffn,
  7n,
];

const OP_IMM: readonly (readonly [string, number])[] = [
  ['addi', 0],
  ['slti', 2],
  ['sltiu', 3],
  ['xori', 4],
  ['ori', 6],
  ['andi', 7],
];

const randomImmediate12 = (random: SeededRandom): number =>
  random.chance(0.3) ? random.pick([0, 1, -1, 2047, -2048, 255, 1024]) : random.between(-2048, 2047);

const randomImmediate6 = (random: SeededRandom): number => random.between(-32, 31);

/** A multiplication or division with operands at the edges: by zero, overflow, all combinations of signs. */
const emitEdgeDivision = (asm: Assembler, random: SeededRandom, keep: readonly number[]): void => {
  const rs1 = randomRegister(random, [0, ...keep]);
  const rs2 = randomRegister(random, [0, ...keep]);
  asm.constant(rs1, random.pick(DIVISION_EDGES));
  asm.constant(rs2, random.pick(DIVISION_EDGES));
  const isWord = random.chance(0.4);
  const [name, funct3, funct7] = random.pick((isWord ? OP_32 : OP).filter((each) => each[2] === 1));
  asm.op(name, funct3, funct7, randomRegister(random, keep), rs1, rs2, isWord ? OPCODE.op32 : OPCODE.op);
};

/** One compressed arithmetic instruction; never writes a register in `keep`. */
const emitCompressed = (asm: Assembler, random: SeededRandom, keep: readonly number[]): void => {
  const rd = randomRegister(random, keep);
  const rs2 = randomRegister(random, [0]);
  const low = randomCompressedRegister(random, keep);
  const low2 = randomCompressedRegister(random);
  const value = randomImmediate6(random);
  switch (random.below(14)) {
    case 0:
      asm.half(typeCI(1, 0, rd, value), `c.addi ${registerName(rd)}, ${value}`);
      break;
    case 1: {
      const target = randomRegister(random, [0, ...keep]);
      asm.half(typeCI(1, 1, target, value), `c.addiw ${registerName(target)}, ${value}`);
      break;
    }
    case 2:
      asm.half(typeCI(1, 2, rd, value), `c.li ${registerName(rd)}, ${value}`);
      break;
    case 3: {
      const target = randomRegister(random, [2, ...keep]);
      const nonZero = value === 0 ? 1 : value;
      asm.half(typeCI(1, 3, target, nonZero), `c.lui ${registerName(target)}, ${nonZero}`);
      break;
    }
    case 4:
      if (!keep.includes(2)) {
        const step = random.between(-32, 30) * 16 || 16;
        asm.half(cAddi16sp(step), `c.addi16sp ${step}`);
      }
      break;
    case 5: {
      const step = random.between(1, 255) * 4;
      asm.half(cAddi4spn(low, step), `c.addi4spn ${registerName(low)}, ${step}`);
      break;
    }
    case 6: {
      const shift = random.below(64);
      asm.half(typeCI(2, 0, rd, shift), `c.slli ${registerName(rd)}, ${shift}`);
      break;
    }
    case 7:
    case 8:
    case 9: {
      const kind = random.below(3);
      asm.half(cBits(kind, low, value), `${['c.srli', 'c.srai', 'c.andi'][kind]} ${registerName(low)}, ${value & 63}`);
      break;
    }
    case 10:
      asm.half(typeCR(8, rd, rs2), `c.mv ${registerName(rd)}, ${registerName(rs2)}`);
      break;
    case 11:
      asm.half(typeCR(9, rd, rs2), `c.add ${registerName(rd)}, ${registerName(rs2)}`);
      break;
    default: {
      const choice = random.below(6);
      const name = ['c.sub', 'c.xor', 'c.or', 'c.and', 'c.subw', 'c.addw'][choice];
      const text = `${name} ${registerName(low)}, ${registerName(low2)}`;
      asm.half(cArithmetic(choice >> 2, choice & 3, low, low2), text);
    }
  }
};

/** One arithmetic instruction of any kind; never writes a register in `keep`. */
export const emitArithmetic = (asm: Assembler, random: SeededRandom, keep: readonly number[] = []): void => {
  const rd = randomRegister(random, keep);
  const rs1 = randomRegister(random);
  const rs2 = randomRegister(random);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2: {
      const [name, funct3, funct7] = random.pick(OP);
      asm.op(name, funct3, funct7, rd, rs1, rs2);
      break;
    }
    case 3:
    case 4: {
      const [name, funct3, funct7] = random.pick(OP_32);
      asm.op(name, funct3, funct7, rd, rs1, rs2, OPCODE.op32);
      break;
    }
    case 5: {
      const [name, funct3] = random.pick(OP_IMM);
      asm.immediate(name, OPCODE.opImm, funct3, rd, rs1, randomImmediate12(random));
      break;
    }
    case 6: {
      const [name, funct3, high] = random.pick([
        ['slli', 1, 0],
        ['srli', 5, 0],
        ['srai', 5, 0x400],
      ] as const);
      asm.immediate(name, OPCODE.opImm, funct3, rd, rs1, high | random.below(64));
      break;
    }
    case 7: {
      const [name, funct3, high] = random.pick([
        ['slliw', 1, 0],
        ['srliw', 5, 0],
        ['sraiw', 5, 0x400],
      ] as const);
      asm.immediate(name, OPCODE.opImm32, funct3, rd, rs1, high | random.below(32));
      break;
    }
    case 8:
      asm.immediate('addiw', OPCODE.opImm32, 0, rd, rs1, randomImmediate12(random));
      break;
    case 9: {
      const upper = random.bits32() >>> 12;
      if (random.chance(0.5)) asm.lui(rd, upper);
      else asm.word(typeU(OPCODE.auipc, rd, upper), `auipc ${registerName(rd)}, 0x${upper.toString(16)}`);
      break;
    }
    default:
      emitCompressed(asm, random, keep);
  }
};

/** Gives a few registers new values, so that results do not all run to 0 or -1. */
export const emitFreshValues = (
  asm: Assembler,
  random: SeededRandom,
  count: number,
  keep: readonly number[] = [],
): void => {
  for (let index = 0; index < count; index++) asm.constant(randomRegister(random, [0, ...keep]), randomValue(random));
};

export const arithmeticSnippet = ({ asm, random }: SnippetContext): void => {
  emitFreshValues(asm, random, random.between(2, 6));
  const count = random.between(10, 40);
  for (let index = 0; index < count; index++) {
    emitArithmetic(asm, random);
    if (random.chance(0.08)) emitFreshValues(asm, random, 1);
    if (random.chance(0.1)) emitEdgeDivision(asm, random, []);
  }
};

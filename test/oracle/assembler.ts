// A small assembler for the random programs: it lays out code and constants, resolves labels, and keeps for each
// address what was meant there, so that a failure can show the instruction without a disassembler. The random parts and
// the fixed ones (handlers, prologue) are written with the same few calls.

import assert from 'node:assert/strict';
import { cBranch, cJump, OPCODE, typeB, typeI, typeJ, typeR, typeS, typeU } from './encoding.ts';

export class Label {
  readonly name: string;
  address: number | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

interface Fixup {
  readonly offset: number;
  readonly label: Label;
  readonly apply: (distance: number) => void;
}

/** A 64-bit constant that code loads relative to its own address. */
interface PoolUse {
  readonly offset: number;
  readonly rd: number;
  readonly value: bigint;
}

const REGISTER_NAMES =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(' ');

export const registerName = (register: number): string => REGISTER_NAMES[register] ?? `x${register}`;

export class Assembler {
  readonly base: number;
  readonly image: Uint8Array;
  readonly #view: DataView;
  readonly #fixups: Fixup[] = [];
  readonly #poolUses: PoolUse[] = [];
  /** What stands at an address, by offset from the base. */
  readonly listing = new Map<number, string>();
  offset = 0;

  constructor(base: number, imageBytes: number) {
    this.base = base;
    this.image = new Uint8Array(imageBytes);
    this.#view = new DataView(this.image.buffer);
  }

  get here(): number {
    return this.base + this.offset;
  }

  place(label: Label): void {
    assert(label.address === undefined, `label ${label.name} placed twice`);
    label.address = this.here;
  }

  align(bytes: number): void {
    while (this.offset % bytes !== 0) {
      if (this.offset % 2 === 0 && (bytes - (this.offset % bytes)) % 2 === 0) this.half(0x0001, 'c.nop');
      else this.offset++;
    }
  }

  word(bits: number, text: string): void {
    this.listing.set(this.offset, text);
    this.#view.setUint32(this.offset, bits, true);
    this.offset += 4;
  }

  half(bits: number, text: string): void {
    this.listing.set(this.offset, text);
    this.#view.setUint16(this.offset, bits, true);
    this.offset += 2;
  }

  quadAt(offset: number, value: bigint): void {
    this.#view.setBigUint64(offset, BigInt.asUintN(64, value), true);
  }

  op(
    name: string,
    funct3: number,
    funct7: number,
    rd: number,
    rs1: number,
    rs2: number,
    opcode: number = OPCODE.op,
  ): void {
    this.word(
      typeR(opcode, funct3, funct7, rd, rs1, rs2),
      `${name} ${registerName(rd)}, ${registerName(rs1)}, ${registerName(rs2)}`,
    );
  }

  immediate(name: string, opcode: number, funct3: number, rd: number, rs1: number, value: number): void {
    this.word(typeI(opcode, funct3, rd, rs1, value), `${name} ${registerName(rd)}, ${registerName(rs1)}, ${value}`);
  }

  addi(rd: number, rs1: number, value: number): void {
    this.immediate('addi', OPCODE.opImm, 0, rd, rs1, value);
  }

  lui(rd: number, upper20: number): void {
    this.word(typeU(OPCODE.lui, rd, upper20), `lui ${registerName(rd)}, 0x${upper20.toString(16)}`);
  }

  load(name: string, funct3: number, rd: number, base: number, offset: number): void {
    this.word(
      typeI(OPCODE.load, funct3, rd, base, offset),
      `${name} ${registerName(rd)}, ${offset}(${registerName(base)})`,
    );
  }

  store(name: string, funct3: number, source: number, base: number, offset: number): void {
    this.word(
      typeS(OPCODE.store, funct3, base, source, offset),
      `${name} ${registerName(source)}, ${offset}(${registerName(base)})`,
    );
  }

  /** funct3: 1 csrrw, 2 csrrs, 3 csrrc, 5..7 the same with a five-bit constant. */
  csr(funct3: number, rd: number, csr: number, source: number): void {
    const name = ['', 'csrrw', 'csrrs', 'csrrc', '', 'csrrwi', 'csrrsi', 'csrrci'][funct3] ?? '';
    const operand = funct3 >= 5 ? String(source) : registerName(source);
    this.word(
      typeI(OPCODE.system, funct3, rd, source, csr),
      `${name} ${registerName(rd)}, 0x${csr.toString(16)}, ${operand}`,
    );
  }

  system(name: string, bits: number): void {
    this.word(bits, name);
  }

  branch(name: string, funct3: number, rs1: number, rs2: number, label: Label): void {
    const offset = this.offset;
    this.word(0, `${name} ${registerName(rs1)}, ${registerName(rs2)}, ${label.name}`);
    this.#fix(offset, label, (distance) => {
      assert(distance >= -4096 && distance < 4096, `${name} reaches ${distance}`);
      this.#view.setUint32(offset, typeB(funct3, rs1, rs2, distance), true);
    });
  }

  jal(rd: number, label: Label): void {
    const offset = this.offset;
    this.word(0, `jal ${registerName(rd)}, ${label.name}`);
    this.#fix(offset, label, (distance) => this.#view.setUint32(offset, typeJ(rd, distance), true));
  }

  jalr(rd: number, rs1: number, value: number): void {
    this.word(typeI(OPCODE.jalr, 0, rd, rs1, value), `jalr ${registerName(rd)}, ${value}(${registerName(rs1)})`);
  }

  compressedJump(label: Label): void {
    const offset = this.offset;
    this.half(0, `c.j ${label.name}`);
    this.#fix(offset, label, (distance) => {
      assert(distance >= -2048 && distance < 2048, `c.j reaches ${distance}`);
      this.#view.setUint16(offset, cJump(distance), true);
    });
  }

  compressedBranch(funct3: 6 | 7, rs1: number, label: Label): void {
    const offset = this.offset;
    this.half(0, `${funct3 === 6 ? 'c.beqz' : 'c.bnez'} ${registerName(rs1)}, ${label.name}`);
    this.#fix(offset, label, (distance) => {
      assert(distance >= -256 && distance < 256, `c.b reaches ${distance}`);
      this.#view.setUint16(offset, cBranch(funct3, rs1, distance), true);
    });
  }

  /** rd = address of the label plus `addend`, relative to pc: what runs at an alias gets the alias's address. */
  address(rd: number, label: Label, addend = 0): void {
    const offset = this.offset;
    this.word(0, `auipc ${registerName(rd)}, %hi(${label.name})`);
    this.word(0, `addi ${registerName(rd)}, ${registerName(rd)}, %lo(${label.name})`);
    this.#fix(offset, label, (distance) => this.#patchPair(offset, rd, distance + addend, OPCODE.opImm, 0));
  }

  /** rd = a 64-bit constant: one instruction where it fits, else two that read the constant pool. */
  constant(rd: number, value: bigint): void {
    const signed = BigInt.asIntN(64, value);
    if (signed >= -2048n && signed < 2048n) {
      this.addi(rd, 0, Number(signed));
      return;
    }
    if ((signed & 0xfffn) === 0n && signed >= -0x8000_0000n && signed < 0x8000_0000n) {
      this.lui(rd, Number((signed >> 12n) & 0xfffffn));
      return;
    }
    this.#poolUses.push({ offset: this.offset, rd, value });
    const text = `0x${BigInt.asUintN(64, value).toString(16)}`;
    this.word(0, `auipc ${registerName(rd)}, %hi(pool ${text})`);
    this.word(0, `ld ${registerName(rd)}, %lo(pool)(${registerName(rd)}) = ${text}`);
  }

  /** Lays the constants down from here and resolves all labels. */
  finish(poolOffset: number, poolLimit: number): void {
    const known = new Map<bigint, number>();
    let cursor = poolOffset;
    for (const use of this.#poolUses) {
      const value = BigInt.asUintN(64, use.value);
      let at = known.get(value);
      if (at === undefined) {
        at = cursor;
        assert(at + 8 <= poolLimit, 'the constant pool is full');
        cursor += 8;
        this.quadAt(at, value);
        known.set(value, at);
      }
      this.#patchPair(use.offset, use.rd, at - use.offset, OPCODE.load, 3);
    }
    for (const fixup of this.#fixups) {
      assert(fixup.label.address !== undefined, `label ${fixup.label.name} was never placed`);
      fixup.apply(fixup.label.address - (this.base + fixup.offset));
    }
  }

  #fix(offset: number, label: Label, apply: (distance: number) => void): void {
    this.#fixups.push({ offset, label, apply });
  }

  #patchPair(offset: number, rd: number, distance: number, opcode: number, funct3: number): void {
    const low = (distance << 20) >> 20;
    this.#view.setUint32(offset, typeU(OPCODE.auipc, rd, (distance - low) >> 12), true);
    this.#view.setUint32(offset + 4, typeI(opcode, funct3, rd, rd, low), true);
  }
}

import { describe, expect, test } from 'vitest';
import { OPERATION_COUNT, operationNumber, operationOf } from '../interpreter/operations.ts';
import { COMPRESSIBLE, expand } from './c.ts';
import { illegal } from './privileged.ts';
import { instructionOf, instructions } from './table.ts';

describe('the table', () => {
  test('gives each instruction back for its own bits, whatever the operands are', () => {
    for (const instruction of instructions) {
      if (instruction === illegal) continue;
      for (const operands of [0, 0xffff_ffff, 0x5555_5555, 0xaaaa_aaaa]) {
        const word = (instruction.match | (operands & ~instruction.mask)) >>> 0;
        // CSRRS and CSRRC with x0 or 0 are entries of their own.
        const found = instructionOf(word);
        expect(found.name.replace('.read', '')).toBe(instruction.name.replace('.read', ''));
      }
    }
  });

  test.each([
    ['all zeros', 0],
    ['all ones', 0xffff_ffff],
    ['a load of width 7', 0x0000_7003],
    ['a double-precision add', 0x0200_0053],
    ['SLLI with bit 26', 0x0400_1013],
    ['MRET with a register', 0x3020_00f3],
    ['LR with rs2', 0x1010_202f],
  ])('has no instruction for %s', (_, word) => {
    expect(instructionOf(word)).toBe(illegal);
  });

  test('names are unique, and every operation of the interpreter has its number', () => {
    expect(new Set(instructions.map(({ name }) => name)).size).toBe(instructions.length);
    let known = 0;
    for (let number = 0; number < OPERATION_COUNT; number++) {
      const operation = operationOf(number);
      if (operation === undefined) continue;
      known++;
      expect(operationNumber(operation.instruction, operation.lengthBytes, operation.near)).toBe(number);
    }
    expect(known).toBe(OPERATION_COUNT - 3);
  });
});

describe('compressed instructions', () => {
  test('expand, all of them, to nothing but what the interpreter has with length 2', () => {
    const used = new Set<string>();
    for (let halfword = 0; halfword < 0x1_0000; halfword++) {
      if ((halfword & 3) === 3) continue;
      const word = expand(halfword);
      const { name } = instructionOf(word);
      expect(COMPRESSIBLE.has(name), `0x${halfword.toString(16)} is ${name}`).toBe(true);
      if (name === 'illegal') expect(word).toBe(0);
      used.add(name);
    }
    expect([...COMPRESSIBLE].sort()).toEqual([...used].sort());
  });

  // As GNU as encodes them.
  test.each([
    ['c.addi4spn a0, sp, 1020', 0x1fe8, 0x3fc1_0513],
    ['c.lw a1, 124(a5)', 0x5fec, 0x07c7_a583],
    ['c.sd a2, 248(s0)', 0xfc70, 0x0ec4_3c23],
    ['c.addi16sp -512', 0x7101, 0xe001_0113],
    ['c.lui t0, 0xfffe0', 0x7281, 0xfffe_02b7],
    ['c.srai a4, 63', 0x977d, 0x43f7_5713],
    ['c.j -2048', 0xb001, 0x801f_f06f],
    ['c.beqz a0, -256', 0xd101, 0xf005_00e3],
    ['c.ldsp ra, 504(sp)', 0x70fe, 0x1f81_3083],
    ['c.jalr a5', 0x9782, 0x0007_80e7],
    ['c.ebreak', 0x9002, 0x0010_0073],
  ])('%s', (_, halfword, word) => {
    expect(expand(halfword).toString(16)).toBe(word.toString(16));
  });
});

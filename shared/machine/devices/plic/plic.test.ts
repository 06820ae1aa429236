// Which interrupt reaches which mode; the registers one by one are held against QEMU in ../qemu-registers.test.ts.

import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { FakeBoard } from '../testing/fake-board.ts';
import { PLIC_ADDRESS } from './mod.ts';

const MEIP = 1 << 11;
const SEIP = 1 << 9;
const CLAIM = [0x20_0004, 0x20_1004] as const;

let board: FakeBoard;
beforeEach(() => {
  board = new FakeBoard();
});

function set(offset: number, value: number): void {
  board.write(PLIC_ADDRESS + offset, value);
}

function get(offset: number): number {
  return board.read(PLIC_ADDRESS + offset);
}

test('a source reaches the modes that enabled it, while its priority is above their thresholds', () => {
  board.plic.setSource(33, true);
  set(33 * 4, 3);
  expect(board.hartLines).toBe(0);
  set(0x2004, 2);
  expect(board.hartLines).toBe(MEIP);
  set(0x2084, 2);
  expect(board.hartLines).toBe(MEIP | SEIP);
  set(0x20_0000, 3);
  expect(board.hartLines).toBe(SEIP);
  set(0x20_0000, 2);
  expect(board.hartLines).toBe(MEIP | SEIP);
  expect(get(CLAIM[1])).toBe(33);
  expect(board.hartLines).toBe(0);
  expect(get(CLAIM[0])).toBe(0);
});

test('a source that speaks up while it is claimed is served after its completion', () => {
  set(4, 1);
  set(0x2000, 2);
  board.plic.setSource(1, true);
  expect(get(CLAIM[0])).toBe(1);
  board.plic.setSource(1, true);
  expect(board.hartLines).toBe(0);
  set(CLAIM[0], 1);
  expect(board.hartLines).toBe(MEIP);
  expect(get(CLAIM[0])).toBe(1);
  set(CLAIM[0], 1);
  expect(board.hartLines).toBe(0);
});

test('claims come by priority, and by number among equals', () => {
  const priorities = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 95, maxLength: 95 });
  fc.assert(
    fc.property(priorities, fc.integer({ min: 0, max: 7 }), (list, threshold) => {
      board = new FakeBoard();
      for (const offset of [0x2080, 0x2084, 0x2088]) set(offset, 0xffff_ffff);
      set(0x20_1000, threshold);
      for (const [index, priority] of list.entries()) {
        set((index + 1) * 4, priority);
        board.plic.setSource(index + 1, true);
      }
      const expected = list
        .map((priority, index) => ({ priority, source: index + 1 }))
        .filter(({ priority }) => priority > threshold)
        .sort((a, b) => b.priority - a.priority || a.source - b.source)
        .map(({ source }) => source);
      const claimed: number[] = [];
      for (let source = get(CLAIM[1]); source !== 0; source = get(CLAIM[1])) claimed.push(source);
      expect(claimed).toEqual(expected);
      expect(board.hartLines).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('a reset takes everything back', () => {
  set(4, 1);
  set(0x2000, 2);
  board.plic.setSource(1, true);
  board.plic.reset();
  expect([board.hartLines, get(4), get(0x1000), get(0x2000)]).toEqual([0, 0, 0, 0]);
});

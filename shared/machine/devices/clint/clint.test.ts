import { beforeEach, expect, test } from 'vitest';
import { FakeBoard } from '../testing/fake-board.ts';
import { CLINT_ADDRESS } from './mod.ts';

const MSIP = 1 << 3;
let board: FakeBoard;
beforeEach(() => {
  board = new FakeBoard();
});

test('msip drives the software interrupt with its lowest bit', () => {
  board.write(CLINT_ADDRESS, 0xffff_ffff);
  expect(board.hartLines).toBe(MSIP);
  expect(board.read(CLINT_ADDRESS)).toBe(1);
  board.write(CLINT_ADDRESS, 2);
  expect(board.hartLines).toBe(0);
});

test('mtimecmp is written half by half and keeps the other half', () => {
  board.write(CLINT_ADDRESS + 0x4000, 0x1111_1111);
  board.write(CLINT_ADDRESS + 0x4004, 0xffff_ffff);
  expect([board.timeCompareLow, board.timeCompareHigh]).toEqual([0x1111_1111, 0xffff_ffff]);
  expect(board.read(CLINT_ADDRESS + 0x4004)).toBe(0xffff_ffff);
});

test('mtime shows and sets the time, half by half', () => {
  board.ticks = 0x12_3456_789a;
  expect(board.read(CLINT_ADDRESS + 0xbff8)).toBe(0x3456_789a);
  expect(board.read(CLINT_ADDRESS + 0xbffc)).toBe(0x12);
  board.write(CLINT_ADDRESS + 0xbff8, 0xffff_fff0);
  expect(board.ticks).toBe(0x12_ffff_fff0);
  board.write(CLINT_ADDRESS + 0xbffc, 0);
  expect(board.ticks).toBe(0xffff_fff0);
});

test('other widths and addresses read 0 and change nothing', () => {
  board.ticks = 0x55;
  board.write(CLINT_ADDRESS + 0xbff8, 1, 1);
  board.write(CLINT_ADDRESS + 4, 1);
  expect([board.read(CLINT_ADDRESS + 0xbff8, 1), board.read(CLINT_ADDRESS + 4), board.ticks]).toEqual([0, 0, 0x55]);
});

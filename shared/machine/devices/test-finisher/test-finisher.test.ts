import { expect, test } from 'vitest';
import { FakeBoard } from '../testing/fake-board.ts';
import { TEST_FINISHER_ADDRESS, testFinisher } from './mod.ts';

test.each([
  [0x5555, 4, { reason: 'pass', code: 0 }],
  [0x5555, 2, { reason: 'pass', code: 0 }],
  [0x3333, 4, { reason: 'fail', code: 0 }],
  [0x002a_3333, 4, { reason: 'fail', code: 42 }],
  [0x7777, 4, { reason: 'reset', code: 0 }],
  [0x1234, 4, undefined],
])('0x%s of %d bytes', (value, size, off) => {
  const board = new FakeBoard();
  board.add(testFinisher);
  board.write(TEST_FINISHER_ADDRESS, value, size);
  expect(board.off).toEqual(off);
  expect(board.read(TEST_FINISHER_ADDRESS)).toBe(0);
});

test('only the first register does anything', () => {
  const board = new FakeBoard();
  board.add(testFinisher);
  board.write(TEST_FINISHER_ADDRESS + 4, 0x5555);
  expect(board.off).toBeUndefined();
});

// States that come from elsewhere: what a device wrote is accepted and goes on where it was; what no device can have written is
// refused in words, or does no harm.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceType } from './device.ts';
import { virtBoardDevices } from './mod.ts';
import { FakeBoard } from './testing/fake-board.ts';

const withState = virtBoardDevices.filter((type) => type.stateBytes > 0);

/** A device over state bytes that are `bytes`, on a board of its own. */
function load(type: DeviceType, bytes: Uint8Array) {
  const board = new FakeBoard();
  const device = board.add(type);
  const base = board.stateOf(device);
  board.bytes.set(bytes, base);
  return { board, device, base, complaint: type.validateState(board.view, base) };
}

describe.each(withState.map((type) => [type.name, type] as const))('%s', (_name, type) => {
  test('accepts its state at power-on', () => {
    const board = new FakeBoard();
    const device = board.add(type);
    expect(type.validateState(board.view, board.stateOf(device))).toBeUndefined();
  });

  test('refuses garbage, or lives with it', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: type.stateBytes, maxLength: type.stateBytes }),
      // Mostly zeros, with a few words of nonsense.
      fc
        .array(fc.tuple(fc.nat(type.stateBytes / 4 - 1), fc.integer({ min: 0, max: 0xffff_ffff })), { maxLength: 6 })
        .map((words) => {
          const state = new Uint8Array(type.stateBytes);
          for (const [word, value] of words) new DataView(state.buffer).setUint32(word * 4, value, true);
          return state;
        }),
    );
    const offsets = fc.array(fc.tuple(fc.nat(0x1ff), fc.integer({ min: 0, max: 0xffff_ffff })), { maxLength: 20 });
    fc.assert(
      fc.property(bytes, offsets, (state, accesses) => {
        const { board, device, complaint } = load(type, state);
        if (complaint !== undefined) {
          expect(complaint).toMatch(/\w+ .*\d/);
          return;
        }
        for (let at = 0; at < board.ramBytes; at += 3) board.ram[at] = at >> 4;
        const before = Buffer.concat(board.outsideOf(device));
        for (const [offset, value] of accesses) {
          device.write(offset & ~3, 4, value);
          device.read(offset & ~3, 4);
          device.read(offset, 1);
        }
        device.console?.write(Uint8Array.of(1, 2, 3));
        device.console?.settle();
        device.console?.read(new Uint8Array(10_000));
        device.console?.settle();
        // The CLINT's own bytes are not in question when another device is.
        expect(before.equals(Buffer.concat(board.outsideOf(device)))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

test('a UART goes on where it was, with all its bytes', () => {
  const uart = virtBoardDevices.find((type) => type.name === 'uart16550')!;
  const first = new FakeBoard();
  const device = first.add(uart);
  device.write(2, 1, 0x81);
  device.write(1, 1, 1);
  device.write(0, 1, 0x41);
  device.console!.write(Buffer.from('0123456789'));
  device.console!.settle();
  device.read(0, 1);
  const at = first.stateOf(device);
  const { device: second, complaint } = load(uart, first.bytes.slice(at, at + uart.stateBytes));
  expect(complaint).toBeUndefined();
  const out = new Uint8Array(8);
  expect(out.subarray(0, second.console!.read(out))).toEqual(Uint8Array.of(0x41));
  const rest: number[] = [];
  while ((second.read(5, 1) & 1) !== 0) rest.push(second.read(0, 1));
  expect(Buffer.from(rest).toString()).toBe('123456789');
});

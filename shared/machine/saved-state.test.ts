import { describe, expect, test } from 'vitest';
import { MODE, PC, X } from './layout.ts';
import { addi, jal, sd } from './testing/assemble.ts';
import { TestHost } from './testing/test-host.ts';

const HEADER_BYTES = 40;
const host = new TestHost();

function saved(): Uint8Array {
  const { machine } = host.start([addi(5, 5, 1), jal(0, -4)]);
  machine.run(1001);
  return machine.save();
}

/** CRC-32 bit by bit, so that a changed state is well-formed. */
function reseal(bytes: Uint8Array): Uint8Array {
  let crc = 0xffff_ffff;
  for (const byte of bytes.subarray(0, -4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  new DataView(bytes.buffer).setUint32(bytes.length - 4, ~crc >>> 0, true);
  return bytes;
}

function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = saved();
  change(new DataView(bytes.buffer));
  return reseal(bytes);
}

test('a loaded machine has the registers, the counters and the position of the saved one', () => {
  const { machine } = host.createMachine();
  machine.load(saved());
  expect(machine.x(5)).toBe(501n);
  expect(machine.pc).toBe(0x8000_0004n);
  expect(machine.instructionsExecuted).toBe(1001n);
});

test('every single damaged byte is noticed, and the machine stays as it was', () => {
  const { machine } = host.createMachine();
  const before = machine.save();
  const good = saved();
  for (let at = 0; at < good.length; at += 97) {
    const damaged = good.slice();
    damaged[at] = damaged[at]! ^ 0x40;
    expect(() => machine.load(damaged), `byte ${at}`).toThrowError(
      expect.objectContaining({ code: 'MACHINE_BAD_STATE' }),
    );
  }
  expect(() => machine.load(good.subarray(0, -1))).toThrow(/bytes/);
  expect(() => machine.load(new Uint8Array(0))).toThrow(/not a saved machine/);
  expect(Buffer.from(machine.save()).equals(before)).toBe(true);
});

describe('a well-formed state that cannot be is refused', () => {
  test.each([
    ['another version', (view: DataView) => view.setUint32(4, 999, true), /version 999/],
    ['other RAM', (view: DataView) => view.setFloat64(16, 4096, true), /4096 bytes of RAM/],
    ['a privilege that is not there', (view: DataView) => view.setInt32(HEADER_BYTES + MODE, 2, true), /privilege 2/],
    ['x0 not zero', (view: DataView) => view.setInt32(HEADER_BYTES + X, 1, true), /x0/],
    ['an odd pc', (view: DataView) => view.setInt32(HEADER_BYTES + PC, 1, true), /odd/],
  ])('%s', (_, change, message) => {
    expect(() => host.createMachine().machine.load(changed(change))).toThrow(message);
  });
});

test('a saved machine does not depend on which frames its pages have', () => {
  const states = [0, 7].map((skip) => {
    for (let frame = 0; frame < skip; frame++) host.newFrame();
    const { machine } = host.start([sd(5, 10, 0), addi(10, 10, 1024), jal(0, -8)]);
    machine.setX(10, 0x8001_0000n);
    machine.run(300);
    return machine.save();
  });
  expect(Buffer.from(states[0]!).equals(states[1]!)).toBe(true);
});

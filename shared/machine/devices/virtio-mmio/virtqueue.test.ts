// Virtqueues under drivers that keep the rules, and under such that do not: the device may refuse, but it does not throw, hang,
// or touch what it was not given.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Device } from '../device.ts';
import { FakeBoard, RAM_BASE } from '../testing/fake-board.ts';
import { EVENT_INDEX, INDIRECT, negotiate, QueueDriver, STATUS_RUNNING, start } from '../testing/queue-driver.ts';
import { virtioBlock } from '../virtio-block/mod.ts';
import { virtioConsole } from '../virtio-console/mod.ts';

const BLOCK = 0x1000_1000;
const CONSOLE = 0x1000_2000;
const BUFFERS = RAM_BASE + 0x8000;
const NEEDS_RESET = 64;

let board: FakeBoard;
let device: Device;
let queue: QueueDriver;

async function setUp(features = INDIRECT): Promise<void> {
  board = new FakeBoard();
  device = board.add(virtioBlock);
  queue = new QueueDriver(board, BLOCK, 0);
  await negotiate(board, BLOCK, features);
  await queue.enable();
  await start(board, BLOCK);
}

beforeEach(() => setUp());

function status(): number {
  return board.read(BLOCK + 0x70);
}

const header = { address: BUFFERS, length: 16, isWritable: false };
const result = { address: BUFFERS + 0x100, length: 1, isWritable: true };

/** A request that no device can refuse: flush. */
async function putFlush(tableAt?: number): Promise<void> {
  board.writeBytes(BUFFERS, Uint8Array.of(4, 0, 0, 0));
  board.writeBytes(BUFFERS + 0x100, Uint8Array.of(0xee));
  await queue.put([header, result], tableAt);
}

describe('a driver that keeps the rules', () => {
  test('gets its chains back in order, and an interrupt', async () => {
    await putFlush();
    await putFlush();
    await queue.notify();
    expect(await queue.completions()).toEqual([
      { head: 0, length: 1 },
      { head: 2, length: 1 },
    ]);
    expect(board.read(BLOCK + 0x60)).toBe(1);
    expect(board.readBytes(BUFFERS + 0x100, 1)[0]).toBe(0);
    board.write(BLOCK + 0x64, 1);
    expect(board.read(BLOCK + 0x60)).toBe(0);
  });

  test('may go round the rings many times', async () => {
    for (let round = 0; round < 70_000; round += 1) {
      // The 16-bit indices wrap once.
      if (round % 1000 === 0) await putFlush();
      else await queue.publish(0);
      await queue.notify();
    }
    expect(status()).toBe(STATUS_RUNNING);
    expect(await queue.completions()).toHaveLength(70_000 - 65_536);
  });

  test('may put its chain into an indirect table', async () => {
    await putFlush(BUFFERS + 0x200);
    await queue.notify();
    expect(await queue.completions()).toEqual([{ head: 0, length: 1 }]);
  });

  test('may begin a chain with direct descriptors and end it with an indirect table', async () => {
    board.writeBytes(BUFFERS, Uint8Array.of(4, 0, 0, 0));
    const table = BUFFERS + 0x200;
    await queue.descriptor(queue.descriptors, 0, { ...header, length: 4 }, false, 1);
    await queue.descriptor(table, 0, { address: BUFFERS + 4, length: 12, isWritable: false }, false, 1);
    await queue.descriptor(table, 1, result, true, 0);
    board.writeBytes(queue.descriptors + 16, descriptorBytes(table, 32, 4, 0));
    await queue.publish(0);
    await queue.notify();
    expect(status()).toBe(STATUS_RUNNING);
    expect(await queue.completions()).toEqual([{ head: 0, length: 1 }]);
  });

  test('is not interrupted when it said so', async () => {
    await queue.setFlags(1);
    await putFlush();
    await queue.notify();
    expect(board.read(BLOCK + 0x60)).toBe(0);
  });

  test('is interrupted at the event index it named, not before', async () => {
    await setUp(EVENT_INDEX);
    await queue.setUsedEvent(0);
    await putFlush();
    await queue.notify();
    board.write(BLOCK + 0x64, 1);
    await queue.setUsedEvent(2);
    await putFlush();
    await queue.notify();
    expect(board.read(BLOCK + 0x60)).toBe(0);
    await putFlush();
    await queue.notify();
    expect(board.read(BLOCK + 0x60)).toBe(1);
    // And the device asks to be told of the next chain: its avail_event is 3.
    expect(board.readBytes(queue.used + 4 + queue.size * 8, 2)).toEqual(Uint8Array.of(3, 0));
  });

  test('is served from the moment it says DRIVER_OK', async () => {
    await negotiate(board, BLOCK, 0);
    queue = new QueueDriver(board, BLOCK, 0);
    await queue.enable();
    await putFlush();
    await queue.notify();
    expect(await queue.completions()).toHaveLength(0);
    await start(board, BLOCK);
    expect(await queue.completions()).toHaveLength(1);
  });
});

describe('a driver that breaks a rule gets NEEDS_RESET and a configuration interrupt', () => {
  const cases: Record<string, () => Promise<void> | void> = {
    'a head outside of the table': () => queue.publish(8),
    'more chains than the queue has entries': () => board.writeBytes(queue.available + 2, Uint8Array.of(9, 0)),
    'a next index outside of the table': async () => {
      await queue.descriptor(queue.descriptors, 0, header, false, 8);
      await queue.publish(0);
    },
    'a loop': async () => {
      await queue.descriptor(queue.descriptors, 0, header, false, 1);
      await queue.descriptor(queue.descriptors, 1, header, false, 0);
      await queue.publish(0);
    },
    'a buffer outside of RAM': async () => {
      await queue.put([{ ...header, address: 0x1000_0000 }, result]);
    },
    'a buffer that begins in RAM and ends behind it': async () => {
      await queue.put([header, { address: RAM_BASE + board.ramBytes - 1, length: 2, isWritable: true }]);
    },
    'a buffer at the end of the address space': async () => {
      board.writeBytes(queue.descriptors, descriptorBytes(2 ** 64 - 2 ** 12, 0xffff_ffff, 0, 0));
      await queue.publish(0);
    },
    'a buffer of no bytes': async () => {
      await queue.put([header, { ...result, length: 0 }]);
    },
    'a readable buffer behind a writable one': async () => {
      await queue.put([result, header]);
    },
    'an indirect table of a crooked size': async () => {
      board.writeBytes(queue.descriptors, descriptorBytes(BUFFERS, 24, 4, 0));
      await queue.publish(0);
    },
    'an indirect table in an indirect table': async () => {
      board.writeBytes(queue.descriptors, descriptorBytes(BUFFERS, 16, 4, 0));
      board.writeBytes(BUFFERS, descriptorBytes(BUFFERS, 16, 4, 0));
      await queue.publish(0);
    },
    'a request without a header': async () => {
      await queue.put([{ ...header, length: 15 }, result]);
    },
    'a request without room for its status': async () => {
      await queue.put([header]);
    },
  };

  for (const [name, act] of Object.entries(cases)) {
    test(name, async () => {
      await act();
      await queue.notify();
      expect(status()).toBe(STATUS_RUNNING | NEEDS_RESET);
      expect(board.read(BLOCK + 0x60)).toBe(3);
      expect(board.read(BLOCK + 0xfc)).toBe(1);
    });
  }

  test('rings outside of RAM', async () => {
    await negotiate(board, BLOCK, 0);
    const elsewhere = new QueueDriver(board, BLOCK, 0);
    await elsewhere.enable();
    board.write(BLOCK + 0x44, 0);
    board.write(BLOCK + 0x94, 1);
    board.write(BLOCK + 0x44, 1);
    await start(board, BLOCK);
    expect(status()).toBe(STATUS_RUNNING | NEEDS_RESET);
  });

  test('and is served again after a reset', async () => {
    await queue.publish(8);
    await queue.notify();
    await putFlush();
    await queue.notify();
    expect(await queue.completions()).toHaveLength(0);
    board.write(BLOCK + 0x70, 0);
    expect(status()).toBe(0);
    await negotiate(board, BLOCK, 0);
    queue = new QueueDriver(board, BLOCK, 0);
    await queue.enable();
    await start(board, BLOCK);
    await putFlush();
    await queue.notify();
    expect(await queue.completions()).toHaveLength(1);
  });
});

test('a driver that does not accept version 1 is told so', () => {
  board.write(BLOCK + 0x70, 0);
  board.write(BLOCK + 0x70, 3);
  board.write(BLOCK + 0x70, 11);
  expect(status()).toBe(3);
});

test('a queue of a size that cannot be stays off', () => {
  for (const size of [0, 3, 2048]) {
    board.write(BLOCK + 0x70, 0);
    board.write(BLOCK + 0x38, size);
    board.write(BLOCK + 0x44, 1);
    expect(board.read(BLOCK + 0x44)).toBe(0);
  }
});

/** Guest addresses that are likely to mean something, and some that are not. */
const address = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: RAM_BASE, max: RAM_BASE + 0x4_0000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0x1000_0000, RAM_BASE - 1, 2 ** 53, 2 ** 63) },
);
const descriptor = fc.record({
  address,
  length: fc.oneof(fc.integer({ min: 0, max: 64 }), fc.constantFrom(512, 513, 1024, 0x4_0000, 0xffff_ffff)),
  flags: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 7 })),
  next: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 7 }) }, fc.integer({ min: 0, max: 0xffff })),
});
const garbage = fc.record({
  descriptors: fc.array(descriptor, { minLength: 8, maxLength: 8 }),
  available: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 8, maxLength: 8 }),
  index: fc.integer({ min: 0, max: 9 }),
  features: fc.constantFrom(0, INDIRECT, EVENT_INDEX, INDIRECT | EVENT_INDEX),
  requests: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  input: fc.uint8Array({ maxLength: 100 }),
});

test('whatever stands in the rings, devices keep to RAM, medium and their state, and end', async () => {
  await fc.assert(
    fc.asyncProperty(garbage, async ({ descriptors, available, index, features, requests, input }) => {
      await setUp(features);
      const console = board.add(virtioConsole);
      await negotiate(board, CONSOLE, features);
      const queues = [queue, new QueueDriver(board, CONSOLE, 0), new QueueDriver(board, CONSOLE, 1)];
      for (const each of queues.slice(1)) await each.enable();
      await start(board, CONSOLE);
      console.console!.write(input);
      console.console!.settle();
      for (const each of queues) {
        for (const [slot, { address, length, flags, next }] of descriptors.entries()) {
          board.writeBytes(each.descriptors + slot * 16, descriptorBytes(address, length, flags, next));
        }
        for (const [slot, head] of available.entries()) {
          board.writeBytes(each.available + 4 + slot * 2, Uint8Array.of(head, 0));
        }
        board.writeBytes(each.available + 2, Uint8Array.of(index, 0));
      }
      board.writeBytes(BUFFERS, requests);
      const before = Buffer.concat(board.outsideOf(device, console));
      await queue.notify();
      board.write(CONSOLE + 0x50, 0);
      board.write(CONSOLE + 0x50, 1);
      console.console!.read(new Uint8Array(5000));
      console.console!.settle();
      expect(before.equals(Buffer.concat(board.outsideOf(device, console)))).toBe(true);
      for (const slot of [BLOCK, CONSOLE]) expect(board.read(slot + 0x70) & ~NEEDS_RESET).toBe(STATUS_RUNNING);
    }),
    { numRuns: 300 },
  );
});

function descriptorBytes(address: number, length: number, flags: number, next: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(address)), true);
  view.setUint32(8, length, true);
  view.setUint16(12, flags, true);
  view.setUint16(14, next, true);
  return bytes;
}

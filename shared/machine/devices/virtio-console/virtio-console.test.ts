// The virtio console: bytes in both directions, and a host that does not read. Nothing may be lost or sent twice, however small
// the bites are.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConsolePort } from '../device.ts';
import { FakeBoard, MissingPage, RAM_BASE } from '../testing/fake-board.ts';
import { QemuBoard } from '../testing/qemu-board.ts';
import { negotiate, QueueDriver, start, type TestBoard } from '../testing/queue-driver.ts';
import { isReferenceQemuPresent } from '../testing/tool.ts';
import { virtioConsole } from './mod.ts';

const CONSOLE = 0x1000_2000;
const TEXT = RAM_BASE + 0x1_0000;

let board: FakeBoard;
let port: ConsolePort;
let receive: QueueDriver;
let transmit: QueueDriver;

async function prepare(on: TestBoard): Promise<[QueueDriver, QueueDriver]> {
  await negotiate(on, CONSOLE, 0);
  const queues: [QueueDriver, QueueDriver] = [new QueueDriver(on, CONSOLE, 0), new QueueDriver(on, CONSOLE, 1)];
  for (const queue of queues) await queue.enable();
  await start(on, CONSOLE);
  return queues;
}

beforeEach(async () => {
  board = new FakeBoard();
  port = board.add(virtioConsole).console!;
  [receive, transmit] = await prepare(board);
});

function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 7) ^ (index >> 8));
}

function readSome(length = 100_000): Uint8Array {
  const into = new Uint8Array(length);
  const count = port.read(into);
  port.settle();
  return into.slice(0, count);
}

function type(bytes: Uint8Array): number {
  const accepted = port.write(bytes);
  port.settle();
  return accepted;
}

test('what the guest sends comes out, chain by chain', async () => {
  board.writeBytes(TEXT, Buffer.from('hello, world'));
  await transmit.put([
    { address: TEXT, length: 5, isWritable: false },
    { address: TEXT + 5, length: 7, isWritable: false },
  ]);
  await transmit.notify();
  expect(Buffer.from(readSome()).toString()).toBe('hello, world');
  expect(await transmit.completions()).toEqual([{ head: 0, length: 0 }]);
  expect(board.read(CONSOLE + 0x60)).toBe(1);
});

test('a chain larger than the ring waits for the host, and nothing is lost', async () => {
  const text = pattern(20_000);
  board.writeBytes(TEXT, text);
  await transmit.put([{ address: TEXT, length: text.length, isWritable: false }]);
  await transmit.notify();
  expect(port.outputIsFull).toBe(true);
  expect(board.rechecks).toBeGreaterThan(0);
  expect(await transmit.completions()).toEqual([]);
  const parts: Uint8Array[] = [];
  while (port.outputBytes > 0) parts.push(readSome(777));
  expect(Buffer.concat(parts).equals(text)).toBe(true);
  expect(await transmit.completions()).toHaveLength(1);
  expect(port.outputIsFull).toBe(false);
});

test('a chain that shrank while it waited ends', async () => {
  board.writeBytes(TEXT, pattern(20_000));
  await transmit.put([{ address: TEXT, length: 20_000, isWritable: false }]);
  await transmit.notify();
  await transmit.descriptor(transmit.descriptors, 0, { address: TEXT, length: 10, isWritable: false }, true, 0);
  readSome(10);
  expect(await transmit.completions()).toHaveLength(1);
  expect(readSome().length).toBe(4095 - 10);
});

test('what the host sends waits for buffers, and fills them in order', async () => {
  expect(type(Buffer.from('abcdefgh'))).toBe(8);
  await receive.put([{ address: TEXT, length: 3, isWritable: true }]);
  await receive.put([{ address: TEXT + 3, length: 100, isWritable: true }]);
  await receive.put([{ address: TEXT + 200, length: 100, isWritable: true }]);
  await receive.notify();
  expect((await receive.completions()).map(({ length }) => length)).toEqual([3, 5]);
  expect(Buffer.from(board.readBytes(TEXT, 8)).toString()).toBe('abcdefgh');
  type(Buffer.from('x'));
  expect((await receive.completions()).map(({ length }) => length)).toEqual([1]);
});

test('the input ring takes what it holds, and says how much', () => {
  expect(port.write(pattern(5000))).toBe(4096);
  expect(port.write(pattern(1))).toBe(0);
});

test('bytes are neither lost nor doubled where pages are missing now and then', async () => {
  const missing = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(missing, fc.integer({ min: 2, max: 6000 }), async (untilMissing, length) => {
      const gaps = [...untilMissing];
      board = new FakeBoard();
      port = board.add(virtioConsole).console!;
      [receive, transmit] = await prepare(board);
      /** Does it again until no page was missing, as the machine does with an instruction. */
      const retry = (act: () => void): void => {
        for (;;) {
          board.dmaUntilMissingPage = gaps.pop() ?? Infinity;
          try {
            act();
            board.dmaUntilMissingPage = Infinity;
            return;
          } catch (error) {
            if (!(error instanceof MissingPage)) throw error;
          }
        }
      };
      const text = pattern(length);
      board.writeBytes(TEXT, text);
      await transmit.put([
        { address: TEXT, length: 1, isWritable: false },
        { address: TEXT + 1, length: length - 1, isWritable: false },
      ]);
      retry(() => board.write(CONSOLE + 0x50, 1));
      const sent: Uint8Array[] = [];
      while (port.outputBytes > 0) {
        const into = new Uint8Array(1000);
        sent.push(into.subarray(0, port.read(into)));
        retry(() => port.settle());
      }
      expect(Buffer.concat(sent).equals(text)).toBe(true);
      expect(await transmit.completions()).toHaveLength(1);
      expect(board.read(CONSOLE + 0x60)).toBe(1);
      board.write(CONSOLE + 0x64, 1);

      await receive.put([{ address: TEXT + 0x8000, length: 2, isWritable: true }]);
      await receive.put([{ address: TEXT + 0x8002, length: 6000, isWritable: true }]);
      const typed = text.subarray(0, port.write(text));
      retry(() => port.settle());
      expect(Buffer.from(board.readBytes(TEXT + 0x8000, typed.length)).equals(typed)).toBe(true);
      expect(board.read(CONSOLE + 0x60)).toBe(1);
      const lengths = (await receive.completions()).map((completion) => completion.length);
      expect(lengths.reduce((sum, each) => sum + each, 0)).toBe(typed.length);
    }),
    { numRuns: 200 },
  );
});

test('an emergency write needs no driver', () => {
  board.write(CONSOLE + 0x70, 0);
  board.write(CONSOLE + 0x108, 0x41);
  expect(readSome()).toEqual(Uint8Array.of(0x41));
});

test('chains and reads of any sizes give the same bytes', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 8 });
  const bites = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lengths, bites, async (chains, reads) => {
      board = new FakeBoard();
      port = board.add(virtioConsole).console!;
      [receive, transmit] = await prepare(board);
      const text = pattern(chains.reduce((sum, length) => sum + length, 0));
      board.writeBytes(TEXT, text);
      let at = 0;
      for (const length of chains) {
        await transmit.put([{ address: TEXT + at, length, isWritable: false }]);
        at += length;
      }
      await transmit.notify();
      const parts: Uint8Array[] = [];
      for (let turn = 0; port.outputBytes > 0; turn += 1) parts.push(readSome(reads[turn % reads.length]));
      expect(Buffer.concat(parts).equals(text)).toBe(true);
      expect(await transmit.completions()).toHaveLength(chains.length);
    }),
    { numRuns: 50 },
  );
});

describe.runIf(isReferenceQemuPresent())('against QEMU', () => {
  test('the same chains give the same bytes and the same used ring', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightsout-console-'));
    const consolePath = join(folder, 'console');
    writeFileSync(join(folder, 'medium'), new Uint8Array(512));
    const text = pattern(3000);
    const used: unknown[] = [];
    {
      await using theirs = new QemuBoard({
        mediumPath: join(folder, 'medium'),
        uartPath: join(folder, 'uart'),
        consolePath,
      });
      const [, theirTransmit] = await prepare(theirs);
      for (const [on, queue] of [
        [theirs, theirTransmit],
        [board, transmit],
      ] as const) {
        await on.writeBytes(TEXT, text);
        await queue.put([{ address: TEXT, length: 1000, isWritable: false }]);
        await queue.put([
          { address: TEXT + 1000, length: 1, isWritable: false },
          { address: TEXT + 1001, length: 1999, isWritable: false },
        ]);
        await queue.notify();
        used.push(await queue.waitFor(2), await on.read(CONSOLE + 0x60));
      }
    }
    expect(used.slice(2)).toEqual(used.slice(0, 2));
    expect(Buffer.from(readSome()).equals(readFileSync(consolePath))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

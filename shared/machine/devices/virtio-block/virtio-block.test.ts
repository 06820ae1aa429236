// The block device: what a request does to the medium and to the driver's buffers. The same requests go to QEMU's, and every byte
// that came back is compared.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeBoard, RAM_BASE } from '../testing/fake-board.ts';
import { QemuBoard } from '../testing/qemu-board.ts';
import { type Buffer as GuestBuffer, negotiate, QueueDriver, start, type TestBoard } from '../testing/queue-driver.ts';
import { isReferenceQemuPresent } from '../testing/tool.ts';
import { virtioBlock } from './mod.ts';

const BLOCK = 0x1000_1000;
const HEADER = RAM_BASE + 0x8000;
const STATUS = RAM_BASE + 0x8100;
const DATA = RAM_BASE + 0x9000;
const MEDIUM_BYTES = 0x1_0000;
const SECTORS = MEDIUM_BYTES / 512;
/** Flush, write cache mode, discard and write zeroes: what the tests use. */
const FEATURES = (1 << 9) | (1 << 11) | (1 << 13) | (1 << 14);

const [OK, IO_ERROR, UNSUPPORTED] = [0, 1, 2];

interface Request {
  readonly type: number;
  readonly sector: number;
  /** Bytes of data, and how it is cut into buffers. */
  readonly length: number;
  readonly cuts: readonly number[];
  /** The driver gives room for this (read), or this to be written. */
  readonly isRead: boolean;
  readonly fill: number;
}

interface Outcome {
  readonly status: number;
  readonly length: number;
  readonly data: string;
}

async function prepare(board: TestBoard): Promise<QueueDriver> {
  await negotiate(board, BLOCK, FEATURES);
  const queue = new QueueDriver(board, BLOCK, 0);
  await queue.enable();
  await start(board, BLOCK);
  return queue;
}

async function carryOut(board: TestBoard, queue: QueueDriver, request: Request): Promise<Outcome> {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(request.type, 0);
  header.writeBigUInt64LE(BigInt(request.sector), 8);
  await board.writeBytes(HEADER, header);
  await board.writeBytes(STATUS, Uint8Array.of(0xee));
  const data = new Uint8Array(request.length).map((_, index) => (request.isRead ? 0xdd : request.fill + index));
  if (request.length > 0) await board.writeBytes(DATA, data);
  const buffers: GuestBuffer[] = [{ address: HEADER, length: 16, isWritable: false }];
  const ends = [...new Set(request.cuts.map((cut) => cut % request.length)), request.length].sort((a, b) => a - b);
  let at = 0;
  for (const end of request.length > 0 ? ends : []) {
    if (end > at) buffers.push({ address: DATA + at, length: end - at, isWritable: request.isRead });
    at = end;
  }
  buffers.push({ address: STATUS, length: 1, isWritable: true });
  await queue.put(buffers);
  await queue.notify();
  const [completion] = await queue.waitFor(1);
  await board.write(BLOCK + 0x64, 3);
  return {
    status: (await board.readBytes(STATUS, 1))[0]!,
    length: completion!.length,
    data: request.length > 0 ? Buffer.from(await board.readBytes(DATA, request.length)).toString('hex') : '',
  };
}

const plain = { cuts: [], isRead: false, fill: 0 };

describe('requests', () => {
  let board: FakeBoard;
  let queue: QueueDriver;
  beforeEach(async () => {
    board = new FakeBoard({ mediumBytes: MEDIUM_BYTES });
    board.add(virtioBlock);
    queue = await prepare(board);
  });

  test('what is written can be read, sector by sector', async () => {
    const write = await carryOut(board, queue, { ...plain, type: 1, sector: 3, length: 1024, fill: 7 });
    expect(write).toMatchObject({ status: OK, length: 1 });
    expect([board.medium[3 * 512 - 1], board.medium[3 * 512], board.medium[4 * 512 + 1]]).toEqual([0, 7, 8]);
    const read = await carryOut(board, queue, { ...plain, type: 0, sector: 4, length: 512, isRead: true });
    expect(read).toMatchObject({ status: OK, length: 513 });
    expect(read.data.startsWith('0708090a')).toBe(true);
  });

  test('a request larger than the transfer buffer arrives whole', async () => {
    for (let index = 0; index < MEDIUM_BYTES; index += 1) board.medium[index] = index >> 8;
    const big = new FakeBoard({ mediumBytes: 0x2_0000 });
    big.add(virtioBlock);
    big.medium.forEach((_, index, medium) => {
      medium[index] = (index >> 7) ^ index;
    });
    const read = await carryOut(big, await prepare(big), {
      ...plain,
      type: 0,
      sector: 0,
      length: 0x1_8000,
      isRead: true,
    });
    expect(read.status).toBe(OK);
    expect(read.data).toBe(Buffer.from(big.medium.subarray(0, 0x1_8000)).toString('hex'));
  });

  test('past the end, or of half a sector, is an error and changes nothing', async () => {
    for (const [sector, length] of [
      [SECTORS, 512],
      [SECTORS - 1, 1024],
      [0, 100],
      [2 ** 52, 512],
    ] as const) {
      const outcome = await carryOut(board, queue, { ...plain, type: 1, sector, length, fill: 1 });
      expect(outcome.status).toBe(IO_ERROR);
    }
    expect(board.medium.every((byte) => byte === 0)).toBe(true);
  });

  test('flush, identity, and a type that does not exist', async () => {
    expect((await carryOut(board, queue, { ...plain, type: 4, sector: 0, length: 0 })).status).toBe(OK);
    const identity = await carryOut(board, queue, { ...plain, type: 8, sector: 0, length: 20, isRead: true });
    expect(identity.status).toBe(OK);
    expect(Buffer.from(identity.data, 'hex').toString()).toMatch(/^lightsout\0/);
    expect((await carryOut(board, queue, { ...plain, type: 99, sector: 0, length: 0 })).status).toBe(UNSUPPORTED);
  });

  test('write zeroes and discard leave zeros', async () => {
    board.medium.fill(0xff);
    const range = Buffer.alloc(16);
    range.writeUInt32LE(2, 0);
    range.writeUInt32LE(3, 8);
    for (const type of [13, 11]) {
      board.medium.fill(0xff);
      board.writeBytes(HEADER, Uint8Array.of(type, 0, 0, 0));
      board.writeBytes(HEADER + 16, range);
      await queue.put([
        { address: HEADER, length: 32, isWritable: false },
        { address: STATUS, length: 1, isWritable: true },
      ]);
      await queue.notify();
      expect(board.readBytes(STATUS, 1)[0]).toBe(OK);
      expect(board.medium.indexOf(0)).toBe(2 * 512);
      expect(board.medium.lastIndexOf(0)).toBe(5 * 512 - 1);
    }
  });

  test('a machine without a medium has an empty slot', () => {
    const diskless = new FakeBoard({ mediumBytes: 0 });
    diskless.add(virtioBlock);
    expect(diskless.read(BLOCK)).toBe(0x7472_6976);
    expect(diskless.read(BLOCK + 8)).toBe(0);
    expect(diskless.read(BLOCK + 0x34)).toBe(0);
  });

  test('the capacity is the medium’s, in sectors', () => {
    expect(board.read(BLOCK + 0x100)).toBe(SECTORS);
    expect(board.read(BLOCK + 0x104)).toBe(0);
    expect(board.read(BLOCK + 0x114)).toBe(512);
  });
});

const request: fc.Arbitrary<Request> = fc
  .record({
    type: fc.constantFrom(0, 0, 0, 1, 1, 1, 4, 8, 5, 12),
    sector: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: SECTORS - 4, max: SECTORS + 1 })),
    sectors: fc.integer({ min: 0, max: 4 }),
    extra: fc.constantFrom(0, 0, 0, 0, 0, 100),
    cuts: fc.array(fc.integer({ min: 1, max: 2047 }), { maxLength: 3 }),
    fill: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ type, sector, sectors, extra, cuts, fill }) => ({
    type,
    sector,
    length: type === 0 || type === 1 ? sectors * 512 + extra : type === 8 ? 20 : 0,
    cuts,
    isRead: type !== 1,
    fill,
  }));

describe.runIf(isReferenceQemuPresent())('against QEMU', () => {
  test('random requests end alike, and so do the media', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightsout-block-'));
    const mediumPath = join(folder, 'medium');
    writeFileSync(mediumPath, new Uint8Array(MEDIUM_BYTES));
    const ours = new FakeBoard({ mediumBytes: MEDIUM_BYTES });
    ours.add(virtioBlock);
    const options = { mediumPath, uartPath: join(folder, 'uart'), consolePath: join(folder, 'console') };
    {
      await using theirs = new QemuBoard(options);
      const [ourQueue, theirQueue] = [await prepare(ours), await prepare(theirs)];
      for (const each of fc.sample(request, { seed: 20260521, numRuns: 200 })) {
        const expected = await carryOut(theirs, theirQueue, each);
        expect(await carryOut(ours, ourQueue, each), JSON.stringify(each)).toEqual(expected);
      }
      await carryOut(theirs, theirQueue, { ...plain, type: 4, sector: 0, length: 0 });
    }
    expect(Buffer.from(ours.medium).equals(readFileSync(mediumPath))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

// The driver's side of a virtio device, for tests: the handshake, and chains put into a split virtqueue in guest RAM. It works on our
// board and on QEMU, so that one test can compare both.

import { RAM_BASE } from './fake-board.ts';

/** A board as a driver sees it. */
export interface TestBoard {
  read(address: number, size?: number): number | Promise<number>;
  write(address: number, value: number, size?: number): void | Promise<void>;
  readBytes(address: number, length: number): Uint8Array | Promise<Uint8Array>;
  writeBytes(address: number, bytes: Uint8Array): void | Promise<void>;
}

export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly isWritable: boolean;
}

export const STATUS_RUNNING = 1 | 2 | 4 | 8;
export const EVENT_INDEX = 1 << 29;
export const INDIRECT = 1 << 28;
const NEXT = 1;
const WRITE = 2;
const FLAG_INDIRECT = 4;

export interface Completion {
  readonly head: number;
  readonly length: number;
}

/** Resets a device, negotiates `featuresLow` and version 1, and says that a driver is there; queues come before `start`. */
export async function negotiate(board: TestBoard, slot: number, featuresLow: number): Promise<void> {
  await board.write(slot + 0x70, 0);
  await board.write(slot + 0x70, 3);
  await board.write(slot + 0x24, 0);
  await board.write(slot + 0x20, featuresLow);
  await board.write(slot + 0x24, 1);
  await board.write(slot + 0x20, 1);
  await board.write(slot + 0x70, 0xb);
}

export async function start(board: TestBoard, slot: number): Promise<void> {
  await board.write(slot + 0x70, STATUS_RUNNING);
}

export class QueueDriver {
  readonly #board: TestBoard;
  readonly #slot: number;
  readonly #queue: number;
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  #nextDescriptor = 0;
  #published = 0;
  #seen = 0;

  /** Rings of `size` entries from guest address `at` on; they take less than 0x1000 bytes up to 64 entries. */
  constructor(board: TestBoard, slot: number, queue: number, size = 8, at = RAM_BASE + queue * 0x1000) {
    this.#board = board;
    this.#slot = slot;
    this.#queue = queue;
    this.size = size;
    this.descriptors = at;
    this.available = at + 16 * size;
    this.used = at + 0x800;
  }

  async enable(): Promise<void> {
    await this.#board.writeBytes(this.descriptors, new Uint8Array(0x1000));
    const registers: [number, number][] = [
      [0x30, this.#queue],
      [0x38, this.size],
      [0x80, this.descriptors],
      [0x84, 0],
      [0x90, this.available],
      [0x94, 0],
      [0xa0, this.used],
      [0xa4, 0],
      [0x44, 1],
    ];
    for (const [offset, value] of registers) await this.#board.write(this.#slot + offset, value);
  }

  /** Puts a chain into the queue. With `tableAt`, its descriptors go there as an indirect table. */
  async put(buffers: readonly Buffer[], tableAt?: number): Promise<number> {
    const head = this.#nextDescriptor % this.size;
    if (tableAt === undefined) {
      for (const [index, buffer] of buffers.entries()) {
        const isLast = index === buffers.length - 1;
        await this.descriptor(
          this.descriptors,
          (head + index) % this.size,
          buffer,
          isLast,
          (head + index + 1) % this.size,
        );
      }
      this.#nextDescriptor += buffers.length;
    } else {
      for (const [index, buffer] of buffers.entries()) {
        await this.descriptor(tableAt, index, buffer, index === buffers.length - 1, index + 1);
      }
      await this.#rawDescriptor(this.descriptors, head, tableAt, buffers.length * 16, FLAG_INDIRECT, 0);
      this.#nextDescriptor += 1;
    }
    await this.publish(head);
    return head;
  }

  async descriptor(table: number, index: number, buffer: Buffer, isLast: boolean, next: number): Promise<void> {
    const flags = (isLast ? 0 : NEXT) | (buffer.isWritable ? WRITE : 0);
    await this.#rawDescriptor(table, index, buffer.address, buffer.length, flags, next);
  }

  async #rawDescriptor(table: number, index: number, address: number, length: number, flags: number, next: number) {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(address), true);
    view.setUint32(8, length, true);
    view.setUint16(12, flags, true);
    view.setUint16(14, next, true);
    await this.#board.writeBytes(table + index * 16, bytes);
  }

  /** Makes a head available without looking at what it is. */
  async publish(head: number): Promise<void> {
    await this.#put16(this.available + 4 + (this.#published % this.size) * 2, head);
    this.#published = (this.#published + 1) & 0xffff;
    await this.#put16(this.available + 2, this.#published);
  }

  async notify(): Promise<void> {
    await this.#board.write(this.#slot + 0x50, this.#queue);
  }

  /** Chains that came back since this was last asked. */
  async completions(): Promise<Completion[]> {
    const published = await this.#get16(this.used + 2);
    const list: Completion[] = [];
    while (this.#seen !== published) {
      const bytes = await this.#board.readBytes(this.used + 4 + (this.#seen % this.size) * 8, 8);
      const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
      list.push({ head: view.getUint32(0, true), length: view.getUint32(4, true) });
      this.#seen = (this.#seen + 1) & 0xffff;
    }
    return list;
  }

  /** Asks again until `count` chains have come back; QEMU completes in its own time. */
  async waitFor(count: number): Promise<Completion[]> {
    const list: Completion[] = [];
    while (list.length < count) list.push(...(await this.completions()));
    return list;
  }

  /** avail.flags: 1 says that interrupts are not wanted. */
  async setFlags(flags: number): Promise<void> {
    await this.#put16(this.available, flags);
  }

  /** With event indices: interrupt when the used index passes this. */
  async setUsedEvent(index: number): Promise<void> {
    await this.#put16(this.available + 4 + this.size * 2, index);
  }

  async #put16(address: number, value: number): Promise<void> {
    await this.#board.writeBytes(address, Uint8Array.of(value & 0xff, (value >> 8) & 0xff));
  }

  async #get16(address: number): Promise<number> {
    const bytes = await this.#board.readBytes(address, 2);
    return bytes[0]! | (bytes[1]! << 8);
  }
}

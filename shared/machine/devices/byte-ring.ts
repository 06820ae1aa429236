// A ring of bytes inside a device's state: what waits between the guest's side of a console and the host's. It lives in the VM's
// block like every other register, so it moves with the VM and nothing typed or printed is lost by a migration. Two running counts
// (modulo 2^32) and a power of two of bytes; full and empty need no spare byte.

import assert from 'node:assert/strict';

const PUT = 0;
const TAKEN = 4;
const BYTES = 8;

/** Bytes of state that a ring of `capacity` needs. */
export function byteRingStateBytes(capacity: number): number {
  return BYTES + capacity;
}

export class ByteRing {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;
  readonly capacity: number;

  constructor(bytes: Uint8Array, view: DataView, base: number, capacity: number) {
    assert((capacity & (capacity - 1)) === 0, 'the capacity of a ring is a power of two');
    this.#bytes = bytes;
    this.#view = view;
    this.#base = base;
    this.capacity = capacity;
  }

  get length(): number {
    return (this.#view.getUint32(this.#base + PUT, true) - this.#view.getUint32(this.#base + TAKEN, true)) >>> 0;
  }

  get space(): number {
    return this.capacity - this.length;
  }

  /** Bytes that can be put at `putAt` without wrapping; DMA goes straight there. */
  get contiguousSpace(): number {
    const put = this.#view.getUint32(this.#base + PUT, true) & (this.capacity - 1);
    return Math.min(this.space, this.capacity - put);
  }

  get putAt(): number {
    return this.#base + BYTES + (this.#view.getUint32(this.#base + PUT, true) & (this.capacity - 1));
  }

  /** Bytes that can be taken at `takeAt` without wrapping. */
  get contiguousLength(): number {
    const taken = this.#view.getUint32(this.#base + TAKEN, true) & (this.capacity - 1);
    return Math.min(this.length, this.capacity - taken);
  }

  get takeAt(): number {
    return this.#base + BYTES + (this.#view.getUint32(this.#base + TAKEN, true) & (this.capacity - 1));
  }

  /** Where the bytes go on that wrap. */
  get firstAt(): number {
    return this.#base + BYTES;
  }

  /** `count` bytes have been stored at `putAt`. */
  havePut(count: number): void {
    assert(count <= this.space, 'a ring of bytes overran');
    this.#view.setUint32(this.#base + PUT, (this.#view.getUint32(this.#base + PUT, true) + count) >>> 0, true);
  }

  /** `count` bytes have been fetched from `takeAt`. */
  haveTaken(count: number): void {
    assert(count <= this.length, 'a ring of bytes gave more than it held');
    this.#view.setUint32(this.#base + TAKEN, (this.#view.getUint32(this.#base + TAKEN, true) + count) >>> 0, true);
  }

  put(byte: number): void {
    this.#bytes[this.putAt] = byte;
    this.havePut(1);
  }

  /** The oldest byte. The ring must not be empty. */
  take(): number {
    const byte = this.#bytes[this.takeAt]!;
    this.haveTaken(1);
    return byte;
  }

  /** Puts as much of `from` as there is room for, and answers how much that was. */
  putAll(from: Uint8Array): number {
    let done = 0;
    while (done < from.length && this.space > 0) {
      const count = Math.min(from.length - done, this.contiguousSpace);
      this.#bytes.set(from.subarray(done, done + count), this.putAt);
      this.havePut(count);
      done += count;
    }
    return done;
  }

  /** Takes as much as fits in `into`, and answers how much that was. */
  takeAll(into: Uint8Array): number {
    let done = 0;
    while (done < into.length && this.length > 0) {
      const count = Math.min(into.length - done, this.contiguousLength);
      into.set(this.#bytes.subarray(this.takeAt, this.takeAt + count), done);
      this.haveTaken(count);
      done += count;
    }
    return done;
  }
}

/** Says what is wrong with the ring at `base`, or undefined. */
export function validateByteRing(view: DataView, base: number, capacity: number, name: string): string | undefined {
  const length = (view.getUint32(base + PUT, true) - view.getUint32(base + TAKEN, true)) >>> 0;
  return length > capacity ? `${name} claims to hold ${length} bytes of at most ${capacity}` : undefined;
}

// A chain of descriptors as the device sees it, after every check: buffers the driver wrote (readable), then buffers it wants
// filled (writable), each wholly in RAM. A chain is scratch: it lives from the moment it is taken until it is returned, inside one access of
// the guest, and one serves all devices of a thread.

import assert from 'node:assert/strict';
import type { DeviceContext } from '../device.ts';
import { QUEUE_MAX } from './persist.ts';

export class Chain {
  /** Index of the first descriptor, by which it is returned. */
  head = 0;
  readable = 0;
  writable = 0;
  /** Total bytes. */
  readableBytes = 0;
  writableBytes = 0;
  readonly #addresses = new Float64Array(QUEUE_MAX);
  readonly #lengths = new Float64Array(QUEUE_MAX);

  get buffers(): number {
    return this.readable + this.writable;
  }

  clear(head: number): void {
    this.head = head;
    this.readable = 0;
    this.writable = 0;
    this.readableBytes = 0;
    this.writableBytes = 0;
  }

  add(address: number, length: number, isWritable: boolean): void {
    const index = this.buffers;
    this.#addresses[index] = address;
    this.#lengths[index] = length;
    if (isWritable) {
      this.writable += 1;
      this.writableBytes += length;
    } else {
      assert(this.writable === 0, 'readable buffers come first');
      this.readable += 1;
      this.readableBytes += length;
    }
  }

  /** Copies `length` bytes from the readable buffers, beginning `skip` bytes into them. */
  copyOut(context: DeviceContext, skip: number, into: Uint8Array, intoOffset: number, length: number): void {
    assert(skip + length <= this.readableBytes, 'reads stay within the chain');
    let at = skip;
    let done = 0;
    for (let index = 0; index < this.readable && done < length; index += 1) {
      const available = this.#lengths[index]! - at;
      if (available <= 0) {
        at -= this.#lengths[index]!;
        continue;
      }
      const count = Math.min(available, length - done);
      const copied = context.dmaRead(this.#addresses[index]! + at, count, into, intoOffset + done);
      assert(copied, 'a checked buffer is in RAM');
      done += count;
      at = 0;
    }
  }

  /** Copies `length` bytes into the writable buffers, beginning `skip` bytes into them. */
  copyIn(context: DeviceContext, skip: number, from: Uint8Array, fromOffset: number, length: number): void {
    assert(skip + length <= this.writableBytes, 'writes stay within the chain');
    let at = skip;
    let done = 0;
    for (let index = this.readable; index < this.buffers && done < length; index += 1) {
      const available = this.#lengths[index]! - at;
      if (available <= 0) {
        at -= this.#lengths[index]!;
        continue;
      }
      const count = Math.min(available, length - done);
      const copied = context.dmaWrite(this.#addresses[index]! + at, from, fromOffset + done, count);
      assert(copied, 'a checked buffer is in RAM');
      done += count;
      at = 0;
    }
  }
}

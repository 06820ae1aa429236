// The device's side of a split virtqueue (Virtual I/O Device specification 1.1, section 2.6), with indirect descriptors and event
// indices. Everything the driver wrote is checked before it is used: indices, sizes, order, loops, and that each byte lies in RAM. A driver that
// breaks a rule gets 'broken' and never an exception; a chain has at most QUEUE_MAX buffers, so nothing runs on for ever. A
// checked chain stays valid until it is returned, because the guest does not run meanwhile.

import type { DeviceContext } from '../device.ts';
import type { Chain } from './chain.ts';
import * as p from './persist.ts';

const DESCRIPTOR_BYTES = 16;
const FLAG_NEXT = 1;
const FLAG_WRITE = 2;
const FLAG_INDIRECT = 4;
const AVAILABLE_NO_INTERRUPT = 1;
const TWO_32 = 2 ** 32;

const scratch = new Uint8Array(DESCRIPTOR_BYTES);
const scratchView = new DataView(scratch.buffer);

export type TakeResult = 'chain' | 'empty' | 'broken';

export class Virtqueue {
  readonly #context: DeviceContext;
  readonly #view: DataView;
  /** Absolute offset of this queue's state. */
  readonly #at: number;

  constructor(context: DeviceContext, at: number) {
    this.#context = context;
    this.#view = context.view;
    this.#at = at;
  }

  get isReady(): boolean {
    return this.get(p.Q_READY) !== 0;
  }

  get(field: number): number {
    return this.#view.getUint32(this.#at + field, true);
  }

  set(field: number, value: number): void {
    this.#view.setUint32(this.#at + field, value >>> 0, true);
  }

  reset(): void {
    this.#context.bytes.fill(0, this.#at, this.#at + p.QUEUE_STATE_BYTES);
  }

  /** The driver hands the queue over. A size that no queue can have leaves it off. */
  enable(): void {
    if (!p.isQueueSize(this.get(p.Q_NUM))) return;
    this.set(p.Q_TAKEN, 0);
    this.set(p.Q_USED, 0);
    this.set(p.Q_SIGNALLED, 0);
    this.set(p.Q_SIGNALLED_IS_KNOWN, 0);
    this.set(p.Q_READY, 1);
  }

  disable(): void {
    this.set(p.Q_READY, 0);
  }

  /** Looks at the next available chain without consuming it: `finish` does that. */
  peek(chain: Chain, indirectAllowed: boolean): TakeResult {
    const available = this.#available;
    const published = this.#read16(available + 2);
    if (published < 0) return 'broken';
    const taken = this.get(p.Q_TAKEN);
    const size = this.get(p.Q_NUM);
    const waiting = (published - taken) & 0xffff;
    if (waiting === 0) return 'empty';
    if (waiting > size) return 'broken';
    const head = this.#read16(available + 4 + (taken & (size - 1)) * 2);
    if (head < 0 || head >= size) return 'broken';
    return this.#walk(chain, head, indirectAllowed) ? 'chain' : 'broken';
  }

  #walk(chain: Chain, head: number, indirectAllowed: boolean): boolean {
    chain.clear(head);
    let table = this.#descriptors;
    let tableLength = this.get(p.Q_NUM);
    let isIndirect = false;
    let takenFromTable = 0;
    let index = head;
    // Each turn takes a buffer or enters the one indirect table; a loop runs into the limit on buffers.
    for (;;) {
      if (!this.#context.dmaRead(table + index * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES, scratch, 0)) return false;
      const address = scratchView.getUint32(0, true) + scratchView.getUint32(4, true) * TWO_32;
      const length = scratchView.getUint32(8, true);
      const flags = scratchView.getUint16(12, true);
      const next = scratchView.getUint16(14, true);
      if ((flags & FLAG_INDIRECT) !== 0) {
        const entries = length / DESCRIPTOR_BYTES;
        if (!indirectAllowed || isIndirect || (flags & FLAG_NEXT) !== 0) return false;
        if (!Number.isInteger(entries) || entries === 0) return false;
        table = address;
        tableLength = entries;
        isIndirect = true;
        takenFromTable = 0;
        index = 0;
        continue;
      }
      const isWritable = (flags & FLAG_WRITE) !== 0;
      if (length === 0 || (!isWritable && chain.writable > 0)) return false;
      if (chain.buffers === p.QUEUE_MAX || !this.#isRam(address, length)) return false;
      chain.add(address, length, isWritable);
      if ((flags & FLAG_NEXT) === 0) return true;
      takenFromTable += 1;
      if (next >= tableLength || takenFromTable === tableLength) return false;
      index = next;
    }
  }

  /** Returns the chain that was looked at, with `written` bytes in its writable part. False when the used ring is not in RAM. */
  finish(chain: Chain, written: number): boolean {
    const used = this.get(p.Q_USED);
    const slot = this.#usedRing + 4 + (used & (this.get(p.Q_NUM) - 1)) * 8;
    scratchView.setUint32(0, chain.head, true);
    scratchView.setUint32(4, written, true);
    if (!this.#context.dmaWrite(slot, scratch, 0, 8)) return false;
    const next = (used + 1) & 0xffff;
    scratchView.setUint16(0, next, true);
    if (!this.#context.dmaWrite(this.#usedRing + 2, scratch, 0, 2)) return false;
    this.set(p.Q_USED, next);
    this.set(p.Q_TAKEN, (this.get(p.Q_TAKEN) + 1) & 0xffff);
    return true;
  }

  /** With event indices: asks the driver to notify at the next chain behind those taken. False when the ring is not in RAM. */
  askForNotification(): boolean {
    scratchView.setUint16(0, this.get(p.Q_TAKEN), true);
    return this.#context.dmaWrite(this.#usedRing + 4 + this.get(p.Q_NUM) * 8, scratch, 0, 2);
  }

  /** Whether chains were returned since this was last asked, and the driver wants an interrupt for that. */
  wantsInterrupt(eventIndices: boolean): boolean {
    const used = this.get(p.Q_USED);
    const signalled = this.get(p.Q_SIGNALLED);
    if (used === signalled) return false;
    const known = this.get(p.Q_SIGNALLED_IS_KNOWN) !== 0;
    const word = this.#read16(this.#available + (eventIndices ? 4 + this.get(p.Q_NUM) * 2 : 0));
    this.set(p.Q_SIGNALLED, used);
    this.set(p.Q_SIGNALLED_IS_KNOWN, 1);
    if (word < 0) return false;
    if (!eventIndices) return (word & AVAILABLE_NO_INTERRUPT) === 0;
    return !known || ((used - word - 1) & 0xffff) < ((used - signalled) & 0xffff);
  }

  get #descriptors(): number {
    return this.get(p.Q_DESCRIPTORS_LOW) + this.get(p.Q_DESCRIPTORS_HIGH) * TWO_32;
  }

  get #available(): number {
    return this.get(p.Q_AVAILABLE_LOW) + this.get(p.Q_AVAILABLE_HIGH) * TWO_32;
  }

  get #usedRing(): number {
    return this.get(p.Q_USED_LOW) + this.get(p.Q_USED_HIGH) * TWO_32;
  }

  /** -1 when the address is not in RAM. */
  #read16(address: number): number {
    return this.#context.dmaRead(address, 2, scratch, 0) ? scratchView.getUint16(0, true) : -1;
  }

  /** RAM is one range, so a buffer lies in it when its two ends do. */
  #isRam(address: number, length: number): boolean {
    return this.#context.dmaRead(address, 1, scratch, 0) && this.#context.dmaRead(address + length - 1, 1, scratch, 0);
  }
}

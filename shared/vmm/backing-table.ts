// From guest page to host frame: the one small mechanism below demand allocation, copy-on-write and dirty logging (DESIGN, idea 3).
// An entry is 0 (absent: reads as the zero frame), or a frame number with the DIRTY flag. Whether a frame is shared is
// its reference count. Writers come through `writeFrame` once; after that the machine's write TLB knows the frame, until it is
// flushed, so logging costs nothing on later stores.

import assert from 'node:assert/strict';
import { type GuestPages, PageUnavailable } from '../machine/mod.ts';
import { hasCode } from '../runtime/mod.ts';
import { FRAME_BYTES, ZERO_FRAME } from './host-layout.ts';
import type { HostMemory } from './host-memory.ts';
import { VM_HEADER, vmBlockShape } from './vm-block.ts';

const FRAME_MASK = 0x000f_ffff; // 2^20 frames are 4 GiB
const DIRTY = 0x8000_0000;

export class BackingTable implements GuestPages {
  readonly ramPageCount: number;
  readonly diskPageCount: number;
  readonly #host: HostMemory;
  readonly #block: number;
  readonly #entries: Uint32Array;

  /** Over the table in the block at byte offset `block`, whose header says how many pages there are. */
  constructor(host: HostMemory, block: number) {
    this.#host = host;
    this.#block = block;
    this.ramPageCount = host.view.getUint32(block + VM_HEADER.ramPageCount, true);
    this.diskPageCount = host.view.getUint32(block + VM_HEADER.diskPageCount, true);
    const shape = vmBlockShape(this.ramPageCount, this.diskPageCount);
    this.#entries = new Uint32Array(host.memory.buffer, block + shape.backingTableOffset, this.pageCount);
  }

  get pageCount(): number {
    return this.ramPageCount + this.diskPageCount;
  }

  isPresent(page: number): boolean {
    return (this.#entries[page]! & FRAME_MASK) !== ZERO_FRAME;
  }

  readFrame(page: number): number {
    return (this.#entries[page]! & FRAME_MASK) * FRAME_BYTES;
  }

  /** Throws PageUnavailable when the host is full: the machine then stops before the store. */
  writeFrame(page: number): number {
    const entry = this.#entries[page]!;
    const frame = this.#frameToWrite(page, entry & FRAME_MASK);
    if ((entry & DIRTY) === 0) {
      const at = this.#block + VM_HEADER.dirtiedPages;
      this.#host.view.setFloat64(at, this.#host.view.getFloat64(at, true) + 1, true);
    }
    this.#entries[page] = (frame | DIRTY) >>> 0;
    return frame * FRAME_BYTES;
  }

  /** A page's whole content, as it came from elsewhere; it counts as clean. */
  install(page: number, content: Uint8Array): void {
    assert(content.byteLength === FRAME_BYTES, 'a page is installed whole');
    const before = this.#entries[page]! & FRAME_MASK;
    const isOwn = before !== ZERO_FRAME && this.#host.referenceCount(before) === 1;
    // All of a new frame is overwritten, so it need not be zeroed first.
    const frame = isOwn ? before : this.#host.allocateFrame();
    this.#host.bytes.set(content, frame * FRAME_BYTES);
    this.#entries[page] = frame;
    if (!isOwn && before !== ZERO_FRAME) this.#host.releaseFrame(before);
  }

  /** The page is absent again and reads as zeros. */
  drop(page: number): void {
    const frame = this.#entries[page]! & FRAME_MASK;
    this.#entries[page] = 0;
    if (frame !== ZERO_FRAME) this.#host.releaseFrame(frame);
  }

  /**
   * Calls back for each page written since the last call, in ascending order, and begins a new dirty set. The caller has to flush the
   * machine's write translations at the same moment, or later stores go unseen (`Vm.collectDirty` does both).
   */
  collectDirty(visit: (page: number) => void): void {
    const entries = this.#entries;
    for (let page = 0; page < entries.length; page += 1) {
      const entry = entries[page]!;
      if ((entry & DIRTY) === 0) continue;
      entries[page] = entry & FRAME_MASK;
      visit(page);
    }
  }

  residentPages(): number {
    let count = 0;
    for (const entry of this.#entries) if ((entry & FRAME_MASK) !== ZERO_FRAME) count += 1;
    return count;
  }

  /** Another table's pages become this one's too, copied when either side writes. Both write TLBs have to be flushed by the caller. */
  shareFrom(other: BackingTable): void {
    for (let page = 0; page < this.#entries.length; page += 1) {
      this.drop(page);
      const frame = other.#entries[page]! & FRAME_MASK;
      if (frame === ZERO_FRAME) continue;
      this.#host.retainFrame(frame);
      this.#entries[page] = frame;
    }
  }

  /** Adds this table's references to a count for each frame. */
  countFrames(counts: Uint32Array): void {
    for (const entry of this.#entries) {
      const frame = entry & FRAME_MASK;
      if (frame !== ZERO_FRAME) counts[frame]! += 1;
    }
  }

  /** Pages have moved to other frames with their contents. Answers whether any of this table's have; then all translations are stale. */
  moveFrames(moved: ReadonlyMap<number, number>): boolean {
    let any = false;
    for (let page = 0; page < this.#entries.length; page += 1) {
      const entry = this.#entries[page]!;
      const frame = moved.get(entry & FRAME_MASK);
      if (frame === undefined) continue;
      this.#entries[page] = ((entry & ~FRAME_MASK) | frame) >>> 0;
      any = true;
    }
    return any;
  }

  releaseAll(): void {
    for (let page = 0; page < this.#entries.length; page += 1) this.drop(page);
  }

  #frameToWrite(page: number, frame: number): number {
    try {
      return this.#privateFrame(page, frame);
    } catch (error) {
      if (!hasCode(error, 'VMM_OUT_OF_MEMORY')) throw error;
      throw new PageUnavailable(`guest page ${page} has no frame: ${error.message}`, { cause: error });
    }
  }

  #privateFrame(page: number, frame: number): number {
    if (frame === ZERO_FRAME) return this.#host.allocateZeroedFrame();
    if (this.#host.referenceCount(frame) === 1) return frame;
    const copy = this.#host.allocateFrame();
    this.#host.bytes.copyWithin(copy * FRAME_BYTES, frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES);
    this.#host.releaseFrame(frame);
    this.#entries[page] = copy;
    return copy;
  }
}

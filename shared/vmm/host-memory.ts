// A host's physical RAM: one shared WebAssembly.Memory, cut in 4 KiB frames with reference counts (DESIGN, idea 3). A count above
// one means that the frame is shared and has to be copied before it is written. One thread at a time owns a host's memory, so
// there are no locks.

import assert from 'node:assert/strict';
import { type CpuShares, isPool, ROOT_POOL, writeShares } from './cpu-shares.ts';
import { vmmErrors } from './errors.ts';
import {
  FRAME_BYTES,
  FRAME_TABLE_OFFSET,
  HEADER,
  POOL_BYTES,
  POOL_TABLE_OFFSET,
  POOLS_MAX,
  reservedFrameCount,
  VM_SLOTS_MAX,
  ZERO_FRAME,
} from './host-layout.ts';

/** 64 KiB, the unit of WebAssembly.Memory. */
const WASM_PAGE_BYTES = 65536;

export interface HostMemoryConfiguration {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly instructionsPerSecond: number;
}

export class HostMemory {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly frameCount: number;
  readonly #counts: Uint32Array;

  private constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.frameCount = memory.buffer.byteLength / FRAME_BYTES;
    this.#counts = new Uint32Array(memory.buffer, FRAME_TABLE_OFFSET, this.frameCount);
  }

  /** Fits a host with RAM, all of it free. `memoryBytes` is rounded up to 64 KiB. */
  static create(configuration: HostMemoryConfiguration): HostMemory {
    const pages = Math.ceil(configuration.memoryBytes / WASM_PAGE_BYTES);
    const host = new HostMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
    const reserved = reservedFrameCount(host.frameCount);
    assert(reserved < host.frameCount, 'a host needs more memory than its own tables take');
    host.#counts.fill(1, 0, reserved);
    host.view.setUint32(HEADER.cpus, configuration.cpus, true);
    host.view.setFloat64(HEADER.instructionsPerSecond, configuration.instructionsPerSecond, true);
    host.view.setUint32(HEADER.frameHint, reserved, true);
    host.view.setUint32(HEADER.freeFrames, host.frameCount - reserved, true);
    host.view.setFloat64(HEADER.nextRunNs, Number.POSITIVE_INFINITY, true);
    writeShares(host.view, POOL_TABLE_OFFSET, {});
    return host;
  }

  /** Another thread's view of memory that `create` made. */
  static attach(memory: WebAssembly.Memory): HostMemory {
    return new HostMemory(memory);
  }

  get cpus(): number {
    return this.view.getUint32(HEADER.cpus, true);
  }

  get instructionsPerSecond(): number {
    return this.view.getFloat64(HEADER.instructionsPerSecond, true);
  }

  /** Frames that VMs can have: all but the host's own tables. */
  get usableFrames(): number {
    return this.frameCount - reservedFrameCount(this.frameCount);
  }

  get freeFrames(): number {
    return this.view.getUint32(HEADER.freeFrames, true);
  }

  /** One frame with count 1; its content is whatever was there. Next fit. Throws VMM_OUT_OF_MEMORY. */
  allocateFrame(): number {
    return this.allocateFrames(1);
  }

  /** `count` neighbouring frames with count 1; answers the first. Throws VMM_OUT_OF_MEMORY. */
  allocateFrames(count: number): number {
    const counts = this.#counts;
    const hint = this.view.getUint32(HEADER.frameHint, true);
    const first =
      findFree(counts, hint, this.frameCount, count) ??
      findFree(counts, 0, Math.min(hint + count, this.frameCount), count);
    if (first === undefined) {
      throw vmmErrors.create('VMM_OUT_OF_MEMORY', { wanted: count, free: this.freeFrames, total: this.frameCount });
    }
    counts.fill(1, first, first + count);
    this.view.setUint32(HEADER.frameHint, first + count, true);
    this.#addFree(-count);
    return first;
  }

  /** A frame of zeros. */
  allocateZeroedFrame(): number {
    const frame = this.allocateFrame();
    this.bytes.fill(0, frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES);
    return frame;
  }

  /** One free frame of the caller's choice. */
  takeFrame(frame: number): void {
    assert(this.#counts[frame] === 0, `frame ${frame} is in use`);
    this.#counts[frame] = 1;
    this.#addFree(-1);
  }

  /** Copies a frame to another one that has all of its holders from now on; the old one has one: the caller. */
  moveFrame(from: number): number {
    const to = this.allocateFrame();
    this.bytes.copyWithin(to * FRAME_BYTES, from * FRAME_BYTES, (from + 1) * FRAME_BYTES);
    this.#counts[to] = this.#counts[from]!;
    this.#counts[from] = 1;
    return to;
  }

  referenceCount(frame: number): number {
    return this.#counts[frame]!;
  }

  /** One more holder of the frame: from now on nobody may write it in place. */
  retainFrame(frame: number): void {
    assert(frame !== ZERO_FRAME && this.#counts[frame]! > 0, 'only a frame in use can be retained');
    this.#counts[frame]! += 1;
  }

  /** One holder less; the last one frees it. */
  releaseFrame(frame: number): void {
    const count = this.#counts[frame]!;
    assert(frame !== ZERO_FRAME && count > 0, 'only a frame in use can be released');
    this.#counts[frame] = count - 1;
    if (count === 1) this.#addFree(1);
  }

  releaseFrames(first: number, count: number): void {
    for (let frame = first; frame < first + count; frame += 1) this.releaseFrame(frame);
  }

  /** Numbers a new VM. Nothing that its frames held before can serve: they may have been anybody's pages since. */
  countVm(): number {
    const count = this.view.getUint32(HEADER.vmsMade, true) + 1;
    this.view.setUint32(HEADER.vmsMade, count, true);
    return count;
  }

  /** A pool of CPU time for VMs and other pools (cpu-shares.ts); answers its index. Throws VMM_TOO_MANY_POOLS. */
  addPool(shares: CpuShares): number {
    assert(isPool(this.view, shares.pool ?? ROOT_POOL), 'a pool is made in one that exists');
    for (let index = 1; index < POOLS_MAX; index += 1) {
      if (isPool(this.view, index)) continue;
      writeShares(this.view, POOL_TABLE_OFFSET + index * POOL_BYTES, shares);
      return index;
    }
    throw vmmErrors.create('VMM_TOO_MANY_POOLS', { count: POOLS_MAX });
  }

  /** Makes a VM's block known to the CPUs; answers its slot. Throws VMM_TOO_MANY_VMS. */
  addVmBlock(block: number): number {
    for (let slot = 0; slot < VM_SLOTS_MAX; slot += 1) {
      if (this.vmBlock(slot) !== 0) continue;
      this.view.setUint32(HEADER.vmSlots + 4 * slot, block, true);
      this.view.setUint32(HEADER.vmSlotsUsed, Math.max(this.vmSlotsUsed, slot + 1), true);
      return slot;
    }
    throw vmmErrors.create('VMM_TOO_MANY_VMS', { count: VM_SLOTS_MAX });
  }

  removeVmBlock(slot: number): void {
    this.view.setUint32(HEADER.vmSlots + 4 * slot, 0, true);
    let used = this.vmSlotsUsed;
    while (used > 0 && this.vmBlock(used - 1) === 0) used -= 1;
    this.view.setUint32(HEADER.vmSlotsUsed, used, true);
  }

  /** Slots at and above this one are empty. */
  get vmSlotsUsed(): number {
    return this.view.getUint32(HEADER.vmSlotsUsed, true);
  }

  /** Byte offset of the block in a slot; 0 when the slot is empty. */
  vmBlock(slot: number): number {
    return this.view.getUint32(HEADER.vmSlots + 4 * slot, true);
  }

  #addFree(change: number): void {
    this.view.setUint32(HEADER.freeFrames, this.freeFrames + change, true);
  }
}

function findFree(counts: Uint32Array, from: number, to: number, length: number): number | undefined {
  let run = 0;
  for (let frame = from; frame < to; frame += 1) {
    run = counts[frame] === 0 ? run + 1 : 0;
    if (run === length) return frame - length + 1;
  }
  return undefined;
}

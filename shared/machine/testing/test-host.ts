// A host for tests: shared memory with blocks and frames, and guest pages that behave like the VMM's backing table at its worst. Absent
// pages read as one shared frame of zeros, every first write moves a page to a new frame, and `share` does that to all pages again.

import { RAM_ADDRESS } from '../board-map.ts';
import { Core, compileInterpreter } from '../core.ts';
import { type GuestPages, PAGE_BYTES } from '../guest-pages.ts';
import { Machine, PageUnavailable } from '../machine.ts';
import { program } from './assemble.ts';

const MIB = 1024 * 1024;
const WASM_PAGE_BYTES = 65536;
/** Not 0, so that offsets in host memory are never mistaken for offsets in the block. */
const FIRST_BLOCK = 3 * PAGE_BYTES;

export class TestPages implements GuestPages {
  readonly ramPageCount: number;
  readonly diskPageCount: number;
  readonly dirty = new Set<number>();
  /** Pages that may still be made; then PageUnavailable is thrown. */
  supply = Infinity;
  readonly #host: TestHost;
  readonly #frames = new Map<number, number>();
  readonly #shared = new Set<number>();

  constructor(host: TestHost, ramPageCount: number, diskPageCount: number) {
    this.#host = host;
    this.ramPageCount = ramPageCount;
    this.diskPageCount = diskPageCount;
  }

  readFrame(page: number): number {
    return this.#frames.get(page) ?? this.#host.zeroFrame;
  }

  writeFrame(page: number): number {
    const present = this.#frames.get(page);
    if (present !== undefined && !this.#shared.has(page)) {
      this.dirty.add(page);
      return present;
    }
    if (this.supply === 0) throw new PageUnavailable('the test has no more frames');
    this.supply -= 1;
    const frame = this.#host.newFrame();
    this.#host.core.copyPage(frame, present ?? this.#host.zeroFrame);
    this.#frames.set(page, frame);
    this.#shared.delete(page);
    this.dirty.add(page);
    return frame;
  }

  /** From now on a write to any page moves it to another frame, as after a snapshot. The machine has to be told. */
  share(): void {
    for (const page of this.#frames.keys()) this.#shared.add(page);
  }

  copyFrom(other: TestPages): void {
    for (const [page, frame] of other.#frames) this.#host.core.copyPage(this.writeFrame(page), frame);
  }

  /** All of RAM, for comparison. */
  content(): Uint8Array {
    const content = new Uint8Array(this.ramPageCount * PAGE_BYTES);
    for (const [page, frame] of this.#frames) {
      if (page < this.ramPageCount)
        content.set(this.#host.core.host.bytes.subarray(frame, frame + PAGE_BYTES), page * PAGE_BYTES);
    }
    return content;
  }
}

export class TestHost {
  readonly memory: WebAssembly.Memory;
  readonly core: Core;
  readonly zeroFrame: number;
  #next = FIRST_BLOCK;

  /** `skipBytes`: how much of host memory is left alone before the first frame. */
  constructor(memoryBytes = 256 * MIB, skipBytes = 0) {
    const pages = memoryBytes / WASM_PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.core = new Core(compileInterpreter(), this.memory);
    this.#next += skipBytes;
    this.zeroFrame = this.newFrame();
  }

  newFrame(): number {
    return this.#take(PAGE_BYTES);
  }

  newBlock(): number {
    return this.#take(Machine.blockBytes());
  }

  createMachine(ramBytes = MIB, diskBytes = 0): { machine: Machine; pages: TestPages; base: number } {
    const pages = new TestPages(this, ramBytes / PAGE_BYTES, diskBytes / PAGE_BYTES);
    const base = this.newBlock();
    const machine = Machine.create(this.core, base, pages, { ramBytes, diskBytes, bootArguments: '' });
    return { machine, pages, base };
  }

  /** A machine that is about to execute `words` at the start of RAM, in machine mode. */
  start(words: readonly number[], ramBytes = MIB): { machine: Machine; pages: TestPages; base: number } {
    const made = this.createMachine(ramBytes);
    made.machine.writeMemory(RAM_ADDRESS, program(...words));
    made.machine.pc = BigInt(RAM_ADDRESS);
    made.pages.dirty.clear();
    return made;
  }

  #take(bytes: number): number {
    const at = this.#next;
    this.#next += bytes;
    if (this.#next > this.memory.buffer.byteLength) throw new Error('the test host is too small');
    return at;
  }
}

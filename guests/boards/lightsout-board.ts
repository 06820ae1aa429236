// Guests on our own machine, one VM over a flat host memory. Time is virtual: it advances with instructions at a fixed rate,
// and jumps to the next timer when the guest waits, so a run is the same each time and takes no longer than its instructions.

import { readFileSync } from 'node:fs';
import {
  Core,
  compileInterpreter,
  type GuestPages,
  Machine,
  PAGE_BYTES,
  TIMEBASE_HZ,
} from '../../shared/machine/mod.ts';
import { guestImageUrl } from '../guest-names.ts';
import type { Board, GuestRun, GuestStart } from './board.ts';
import { LineReader } from './line-reader.ts';

/** Instructions per second of guest time: a host of middling speed, and whole instructions per tick. */
export const RATE = 100_000_000;
const INSTRUCTIONS_PER_TICK = RATE / TIMEBASE_HZ;
const TICKS_PER_MS = TIMEBASE_HZ / 1000;
const WASM_PAGE_BYTES = 65536;

/** Chosen: instructions between two looks at the console, as a host's slice would be. */
const SLICE_INSTRUCTIONS = 100_000;
/** Chosen: more than any guest here executes, or lets pass, between two lines. */
const SILENCE_MAX_INSTRUCTIONS = 3_000_000_000;
const SILENCE_MAX_TICKS = 60 * TIMEBASE_HZ;

export const lightsoutBoard: Board = {
  name: 'Lightsout machine',
  start: (options) => new LightsoutRun(options),
};

/** RAM as one piece of host memory behind the block; keeps which pages were asked for writing. */
class FlatPages implements GuestPages {
  readonly ramPageCount: number;
  readonly diskPageCount = 0;
  readonly written = new Set<number>();
  readonly #start: number;

  constructor(start: number, ramPageCount: number) {
    this.#start = start;
    this.ramPageCount = ramPageCount;
  }

  readFrame(page: number): number {
    return this.#start + page * PAGE_BYTES;
  }

  writeFrame(page: number): number {
    this.written.add(page);
    return this.#start + page * PAGE_BYTES;
  }
}

export class LightsoutRun implements GuestRun {
  readonly machine: Machine;
  readonly #pages: FlatPages;
  readonly #memory: WebAssembly.Memory;
  readonly #lines = new LineReader();
  readonly #sliceInstructions: number;
  #typed = new Uint8Array(0);
  #sliceTick = 0;
  #sliceExecuted = 0;

  constructor({ guest, bootArguments = '', memoryMib = 64 }: GuestStart, sliceInstructions = SLICE_INSTRUCTIONS) {
    const ramBytes = memoryMib * 1024 * 1024;
    const wasmPages = Math.ceil((Machine.blockBytes() + ramBytes) / WASM_PAGE_BYTES);
    this.#memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true });
    this.#pages = new FlatPages(Machine.blockBytes(), ramBytes / PAGE_BYTES);
    this.#sliceInstructions = sliceInstructions;
    const core = new Core(compileInterpreter(), this.#memory);
    this.machine = Machine.create(core, 0, this.#pages, { ramBytes, diskBytes: 0, bootArguments });
    this.machine.loadElf(readFileSync(guestImageUrl(guest)));
    this.machine.beginSlice(0, RATE);
  }

  /** Guest time, which is cluster time here. */
  get ticks(): number {
    return this.#sliceTick + Math.ceil(this.#sliceExecuted / INSTRUCTIONS_PER_TICK);
  }

  get instructions(): number {
    return Number(this.machine.instructionsExecuted);
  }

  /** Everything the run consists of: the VM's block and its RAM. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  ram(): Uint8Array {
    return this.bytes().subarray(Machine.blockBytes(), Machine.blockBytes() + this.#pages.ramPageCount * PAGE_BYTES);
  }

  /** Pages written since this was last asked. */
  takeWrittenPages(): number {
    const count = this.#pages.written.size;
    this.#pages.written.clear();
    this.machine.flushWriteTranslations();
    return count;
  }

  type(text: string): void {
    this.#typed = Buffer.concat([this.#typed, Buffer.from(text, 'latin1')]);
  }

  nextLine(): Promise<string> {
    const instructionsMax = this.instructions + SILENCE_MAX_INSTRUCTIONS;
    const ticksMax = this.ticks + SILENCE_MAX_TICKS;
    for (;;) {
      const line = this.#lines.take();
      if (line !== undefined) return Promise.resolve(line);
      const waits = !this.#step(ticksMax);
      if (this.machine.exitReason !== undefined && this.#lines.isEmpty) {
        return Promise.reject(new Error(`the guest ended with ${this.#exitCode()}`));
      }
      if ((waits && this.#lines.isEmpty) || this.instructions > instructionsMax) {
        return Promise.reject(new Error(`the guest is silent; so far: ${this.#lines.partial}`));
      }
    }
  }

  advance(guestMs: number): void {
    const target = this.ticks + guestMs * TICKS_PER_MS;
    while (this.ticks < target && this.#step(target));
  }

  /** Lets time pass without letting the guest execute, as on a host too busy to schedule it. */
  standStill(guestMs: number): void {
    this.#beginSlice(this.ticks + guestMs * TICKS_PER_MS);
  }

  end(): Promise<{ exitCode: number; lines: readonly string[] }> {
    while (this.machine.exitReason === undefined) {
      if (!this.#step(Infinity)) return Promise.reject(new Error('the guest waits for ever'));
    }
    return Promise.resolve({ exitCode: this.#exitCode(), lines: this.#lines.takeAll() });
  }

  stop(): void {
    this.#typed = new Uint8Array(0);
  }

  #exitCode(): number {
    return this.machine.exitReason === 'pass' ? 0 : this.machine.exitCode;
  }

  /** One slice, or a jump to the next timer, not beyond `untilTick`. False when nothing happens before that. */
  #step(untilTick: number): boolean {
    this.#typed = this.#typed.slice(this.machine.writeConsole(this.#typed));
    const now = this.ticks;
    if (now >= untilTick || this.machine.exitReason !== undefined) return false;
    if (!this.machine.isRunnable(now)) {
      const wake = Math.min(this.machine.nextWakeTick(), untilTick);
      if (wake === Infinity) return false;
      this.#beginSlice(Math.max(wake, now));
      return wake < untilTick;
    }
    const budget = Math.min(this.#sliceInstructions, (untilTick - now) * INSTRUCTIONS_PER_TICK);
    const reason = this.machine.run(budget);
    if (reason === 'fault') throw this.machine.faultError ?? new Error('a fault without an error');
    this.#sliceExecuted += this.machine.executed;
    this.#lines.add(Buffer.from(this.machine.readConsole()).toString('latin1'));
    return true;
  }

  #beginSlice(tick: number): void {
    this.#sliceTick = tick;
    this.#sliceExecuted = 0;
    this.machine.beginSlice(tick, RATE);
  }
}

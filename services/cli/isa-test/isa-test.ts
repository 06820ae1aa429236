// Runs ELF programs that report through `tohost` (the convention of riscv-tests) on the emulated machine: 1 written there means passed,
// (n << 1) | 1 means that test n failed. Anyone can point it at a built tree; nothing of those tests is part of this repository.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Core, compileInterpreter, FlatPages, Machine, MachineError, PAGE_BYTES } from '../../../shared/machine/mod.ts';
import { HostInterface } from './host-interface.ts';
import { readTohostProgram, type TohostProgram } from './tohost-program.ts';

export type IsaTestOutcome =
  | { readonly kind: 'passed' }
  /** `test` is the number that the program gave. */
  | { readonly kind: 'failed'; readonly test: number }
  /** Ended without a result: too many instructions, waiting for nothing, the machine switched off. */
  | { readonly kind: 'unfinished'; readonly reason: string };

export interface IsaTestResult {
  readonly name: string;
  readonly outcome: IsaTestOutcome;
  readonly instructions: number;
  /** What the program printed. */
  readonly text: string;
}

export interface SkippedFile {
  readonly name: string;
  readonly reason: string;
}

export interface IsaTestReport {
  readonly directory: string;
  readonly instructionLimit: number;
  readonly results: readonly IsaTestResult[];
  readonly skipped: readonly SkippedFile[];
}

export interface IsaTestOptions {
  readonly directory: string;
  readonly instructionLimit?: number;
}

/** The slowest of riscv-tests needs half a million. */
export const DEFAULT_INSTRUCTION_LIMIT = 20_000_000;

const RAM_BYTES = 32 * 1024 * 1024;
const WASM_PAGE_BYTES = 65_536;
const RATE = 100_000_000;
/** How often tohost is looked at. */
const SLICE_INSTRUCTIONS = 1000;

/** Host memory for one machine at a time. */
class TestBench {
  readonly #memory: WebAssembly.Memory;
  readonly #core: Core;
  readonly #ramAt: number;

  constructor() {
    this.#ramAt = PAGE_BYTES + Machine.blockBytes();
    const count = Math.ceil((this.#ramAt + RAM_BYTES) / WASM_PAGE_BYTES);
    this.#memory = new WebAssembly.Memory({ initial: count, maximum: count, shared: true });
    this.#core = new Core(compileInterpreter(), this.#memory);
  }

  machineWith(elf: Uint8Array): Machine {
    new Uint8Array(this.#memory.buffer, this.#ramAt, RAM_BYTES).fill(0);
    const pages = new FlatPages(this.#ramAt, RAM_BYTES / PAGE_BYTES);
    const machine = Machine.create(this.#core, PAGE_BYTES, pages, {
      ramBytes: RAM_BYTES,
      diskBytes: 0,
      bootArguments: '',
    });
    machine.loadElf(elf);
    return machine;
  }
}

export function runIsaTests(options: IsaTestOptions): IsaTestReport {
  const { directory, instructionLimit = DEFAULT_INSTRUCTION_LIMIT } = options;
  const bench = new TestBench();
  const results: IsaTestResult[] = [];
  const skipped: SkippedFile[] = [];
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const { name } = entry;
    if (!entry.isFile()) {
      if (!entry.isDirectory()) skipped.push({ name, reason: 'not a regular file' });
      continue;
    }
    const content = readFileSync(join(directory, name));
    const program = readTohostProgram(content);
    if ('reason' in program) {
      skipped.push({ name, reason: program.reason });
      continue;
    }
    const machine = machineOrReason(bench, content);
    if (typeof machine === 'string') skipped.push({ name, reason: machine });
    else results.push(runOne(name, machine, program, instructionLimit));
  }
  return { directory, instructionLimit, results, skipped };
}

function machineOrReason(bench: TestBench, elf: Uint8Array): Machine | string {
  try {
    return bench.machineWith(elf);
  } catch (error) {
    if (error instanceof MachineError) return error.message;
    throw error;
  }
}

function runOne(name: string, machine: Machine, program: TohostProgram, limit: number): IsaTestResult {
  const host = new HostInterface(machine, program);
  let instructions = 0;
  let tick = 0;
  const ended = (outcome: IsaTestOutcome): IsaTestResult => ({ name, outcome, instructions, text: host.text });
  while (instructions < limit) {
    machine.beginSlice(tick, RATE);
    const reason = machine.run(Math.min(SLICE_INSTRUCTIONS, limit - instructions));
    instructions += machine.executed;
    // A tick is ten instructions at this rate; the rest of a division is not worth keeping here.
    tick += Math.ceil(machine.executed / 10);
    const request = host.poll();
    if (request.kind === 'ended') {
      return ended(request.code === 0n ? { kind: 'passed' } : { kind: 'failed', test: Number(request.code) });
    }
    if (request.kind === 'unknown') {
      return ended({ kind: 'unfinished', reason: `it asked the host for 0x${request.word.toString(16)}` });
    }
    if (reason === 'shutdown') return ended({ kind: 'unfinished', reason: 'it switched the machine off' });
    if (reason === 'wfi') {
      const wake = machine.nextWakeTick();
      if (wake === Number.POSITIVE_INFINITY) return ended({ kind: 'unfinished', reason: 'it waits for ever (WFI)' });
      tick = Math.max(tick, wake);
    }
    if (reason === 'console') {
      machine.readConsole(0);
      machine.readConsole(1);
    }
  }
  return ended({ kind: 'unfinished', reason: `no result after ${limit} instructions` });
}

// One run of one kernel on our emulator, in a process of its own so that nothing warmed up by another kernel helps. It runs the kernel
// twice: the first time with all that V8 has to compile, the second time with the compiled code. Prints one line of JSON.

import { readFileSync } from 'node:fs';
import { Core, compileInterpreter, FlatPages, Machine, PAGE_BYTES } from '../shared/machine/mod.ts';

export interface KernelRun {
  readonly instructions: number;
  readonly checksum: string;
  /** CPU time of the whole process, V8's compiler threads too: from the making of the module to the end of the first run. */
  readonly coldSeconds: number;
  /** The second run. */
  readonly warmSeconds: number;
}

const RAM_BYTES = 64 * 1024 * 1024;
const WASM_PAGE_BYTES = 65_536;
/** A slice as a host node gives it. V8 replaces a running function only when it is entered anew. */
const SLICE_INSTRUCTIONS = 1_000_000;

const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

const ramAt = PAGE_BYTES + Machine.blockBytes();

const newMachine = (core: Core, elf: Uint8Array): Machine => {
  core.host.bytes.fill(0, ramAt, ramAt + RAM_BYTES);
  const pages = new FlatPages(ramAt, RAM_BYTES / PAGE_BYTES);
  const machine = Machine.create(core, PAGE_BYTES, pages, { ramBytes: RAM_BYTES, diskBytes: 0, bootArguments: '' });
  machine.loadElf(elf);
  return machine;
};

const runToEnd = (machine: Machine): { instructions: number; checksum: string } => {
  let instructions = 0;
  for (;;) {
    const reason = machine.run(SLICE_INSTRUCTIONS);
    instructions += machine.executed;
    if (reason === 'shutdown') break;
    if (reason !== 'budget') throw new Error(`the kernel stopped: ${reason}`);
  }
  if (machine.exitReason !== 'pass') throw new Error(`the kernel ended with ${machine.exitReason}`);
  return { instructions, checksum: new TextDecoder().decode(machine.readConsole()).trim() };
};

const elfPath = process.argv[2];
if (elfPath === undefined) throw new Error('usage: emulator-child.ts KERNEL.elf');
const elf = readFileSync(elfPath);
const pageCount = Math.ceil((ramAt + RAM_BYTES) / WASM_PAGE_BYTES);
const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
new Uint8Array(memory.buffer).fill(0);

const beginning = process.cpuUsage();
const core = new Core(compileInterpreter(), memory);
const first = runToEnd(newMachine(core, elf));
const coldSeconds = cpuSeconds(beginning);

const again = newMachine(core, elf);
const warm = process.cpuUsage();
const second = runToEnd(again);
const warmSeconds = cpuSeconds(warm);
if (first.checksum !== second.checksum || first.instructions !== second.instructions) {
  throw new Error('two runs of one kernel differ');
}
const run: KernelRun = { ...first, coldSeconds, warmSeconds };
process.stdout.write(`${JSON.stringify(run)}\n`);

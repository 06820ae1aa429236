// One VM: the front door of the emulated computer. It executes exactly as many instructions as it is told, or says why it stopped; all it
// knows is in its block in host memory, so that any thread may make a Machine over the block and go on.

import { assert } from './assert.ts';
import { Block } from './block.ts';
import { BLOCK_BYTES, createDevices, EXIT_REASONS, type ExitReason } from './board.ts';
import { RAM_ADDRESS } from './board-map.ts';
import { Bus } from './bus.ts';
import type { Core } from './core.ts';
import { PRIVILEGE_MACHINE } from './csr-bits.ts';
import { CsrFile, NO_SUCH_CSR } from './csr-file.ts';
import { DataAccess } from './data-access.ts';
import { DecodeCache } from './decode-cache.ts';
import { boardDeviceTree } from './devices/device-tree/mod.ts';
import type { ConsolePort, Device } from './devices/mod.ts';
import { readElf } from './elf.ts';
import { MachineError } from './errors.ts';
import { type GuestPages, PAGE_BYTES } from './guest-pages.ts';
import { InstructionFetch } from './instruction-fetch.ts';
import type { InterpreterImports } from './interpreter/generate.ts';
import { MIP_MTIP } from './interrupts.ts';
import * as layout from './layout.ts';
import { Mmu } from './mmu.ts';
import { Pmp } from './pmp.ts';
import { Ram } from './ram.ts';
import { resetVector } from './reset-vector.ts';
import { loadState, saveState } from './saved-state.ts';
import { MAXIMUM_RATE, SliceClock } from './slice-clock.ts';
import { SystemInstructions } from './system-instructions.ts';
import { Tlb } from './tlb.ts';
import { Traps } from './traps.ts';

export interface MachineConfig {
  /** RAM from 0x8000_0000 up, whole pages. */
  readonly ramBytes: number;
  /** The block device's medium, whole pages; 0 for none. */
  readonly diskBytes: number;
  readonly bootArguments: string;
}

/**
 * Why `run` came back: the budget is used up; WFI waits for an interrupt; a console's output has to be read first; the guest switched the
 * machine off; or the host could not provide a page (`faultError`), and the instruction that needed it has not been executed.
 */
export type StopReason = 'budget' | 'wfi' | 'console' | 'shutdown' | 'fault';

/** What a GuestPages throws when it cannot provide a page now; any other error is a bug and goes through. */
export class PageUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PageUnavailable';
  }
}

/** One call of the generated code executes at most so many, to keep counts in 32 bits. */
const CALL_LIMIT = 2 ** 30;
const DEVICE_TREE_ALIGNMENT = 2 * 1024 * 1024;
/** Where QEMU's board puts the device tree at the latest: below 3 GiB. */
const DEVICE_TREE_CEILING = 3 * 1024 * 1024 * 1024;
const ISA_EXTENSIONS = ['i', 'm', 'a', 'c', 'zicntr', 'zicsr', 'zifencei'] as const;
const ROM_ENTRY = 0x1000n;
const NO_RESERVATION = -1;
const POWER_ON_RATE = 100_000_000;

export class Machine {
  /** Instructions executed by the last `run`. */
  executed = 0;
  /** After `fault`: what the host could not do. */
  faultError: PageUnavailable | undefined;
  readonly #core: Core;
  readonly #block: Block;
  readonly #clock: SliceClock;
  readonly #pmp: Pmp;
  readonly #tlb: Tlb;
  readonly #decoded: DecodeCache;
  readonly #ram: Ram;
  readonly #traps: Traps;
  readonly #csrs: CsrFile;
  readonly #devices: readonly Device[];
  readonly #consoles: readonly ConsolePort[];
  readonly #slowPaths: InterpreterImports;
  /** True when a missing page interrupted an instruction that was counted but has to be executed again. */
  #isCounted = false;

  private constructor(core: Core, base: number, pages: GuestPages) {
    assert(
      base % PAGE_BYTES === 0 && base + BLOCK_BYTES <= core.host.bytes.length,
      'a block lies on pages of host memory',
    );
    const block = new Block(core.host, base);
    const clock = new SliceClock(block);
    const tlb = new Tlb(block);
    const decoded = new DecodeCache(block, pages, tlb);
    const ram = new Ram(core.host, pages, tlb, decoded);
    const pmp = new Pmp(block);
    const traps = new Traps(block, clock, tlb);
    const mmu = new Mmu(block, ram, pmp, tlb);
    const devices = createDevices(block, clock, ram);
    const bus = new Bus(block, devices);
    const parts = { mmu, pmp, tlb, ram, decoded, bus, traps };
    const dataAccess = new DataAccess(block, parts);
    const fetch = new InstructionFetch(block, parts);
    const csrs = new CsrFile(block, clock, pmp, tlb, traps);
    const system = new SystemInstructions(block, csrs, tlb, traps);
    this.#core = core;
    this.#block = block;
    this.#clock = clock;
    this.#pmp = pmp;
    this.#tlb = tlb;
    this.#decoded = decoded;
    this.#ram = ram;
    this.#traps = traps;
    this.#csrs = csrs;
    this.#devices = devices;
    this.#consoles = devices.flatMap(({ console }) => (console === undefined ? [] : [console]));
    this.#slowPaths = {
      fetch: () => fetch.fetch(),
      fetchCrossing: () => fetch.fetchAlone(),
      decode: () => decoded.decode(block.int(layout.RECORD) >>> 0),
      access: (low, high, bytes, kind) => {
        this.#isCounted = true;
        const host = dataAccess.access(low, high, bytes, kind);
        this.#isCounted = false;
        return host;
      },
      csr: (operation) => system.csr(operation),
      system: (event) => system.system(event),
    };
  }

  /** Bytes of host memory that a VM's block takes, a multiple of 4096. */
  static blockBytes(): number {
    return BLOCK_BYTES;
  }

  /** A machine as it is after power-on. The block's bytes are overwritten. */
  static create(core: Core, base: number, pages: GuestPages, config: MachineConfig): Machine {
    checkConfig(pages, config);
    const block = new Block(core.host, base);
    block.fill(0, BLOCK_BYTES, 0);
    block.setDouble(layout.RAM_BYTES, config.ramBytes);
    block.setDouble(layout.DISK_BYTES, config.diskBytes);
    storeBootArguments(block, config.bootArguments);
    block.setLong(layout.PC, ROM_ENTRY);
    block.setInt(layout.MODE, PRIVILEGE_MACHINE);
    block.setHalves(layout.RESERVATION_ADDRESS, NO_RESERVATION, NO_RESERVATION);
    const machine = new Machine(core, base, pages);
    for (const device of machine.#devices) device.reset();
    machine.beginSlice(0, POWER_ON_RATE);
    machine.flushTranslations();
    return machine;
  }

  /** A machine whose block was made before, perhaps by another thread. */
  static attach(core: Core, base: number, pages: GuestPages): Machine {
    const machine = new Machine(core, base, pages);
    assert(
      machine.#block.double(layout.RAM_BYTES) === pages.ramPageCount * PAGE_BYTES,
      'the block belongs to these pages',
    );
    return machine;
  }

  /** Puts a program into RAM, the device tree near its end, and both addresses into the ROM. */
  loadElf(elf: Uint8Array): void {
    const { entry, segments } = readElf(elf, this.#ramBytes);
    const deviceTree = this.#placeDeviceTree(segments.map(({ address, memoryBytes }) => address + memoryBytes));
    for (const { address, content, memoryBytes } of segments) {
      this.writeMemory(address, content);
      this.writeMemory(address + content.length, new Uint8Array(memoryBytes - content.length));
    }
    this.#block.host.bytes.set(resetVector(entry, deviceTree), this.#block.base + layout.ROM);
  }

  /** The next instructions happen from this tick of cluster time on, at this rate. */
  beginSlice(startTick: number, instructionsPerSecond: number): void {
    assert(
      Number.isInteger(instructionsPerSecond) && instructionsPerSecond > 0 && instructionsPerSecond <= MAXIMUM_RATE,
      `a rate is a whole number up to ${MAXIMUM_RATE}`,
    );
    assert(Number.isSafeInteger(startTick), 'a tick is a whole number');
    this.#clock.begin(startTick, instructionsPerSecond);
  }

  /** Executes exactly `budget` instructions, or stops earlier with a reason. */
  run(budget: number): StopReason {
    assert(Number.isSafeInteger(budget) && budget >= 0, 'a budget is a count of instructions');
    this.executed = 0;
    if (!this.#settleConsoles()) return 'fault';
    for (;;) {
      const reason = this.#reasonToStop(budget);
      if (reason !== undefined) return reason;
      this.#traps.takeInterrupt();
      const granted = Math.min(budget - this.executed, CALL_LIMIT, this.#instructionsUntilTimer());
      if (!this.#call(granted)) return 'fault';
    }
  }

  get instructionsExecuted(): bigint {
    return BigInt(this.#block.double(layout.EXECUTED_TOTAL));
  }

  /** False while WFI waits and nothing is pending at that tick, and when the machine is off. */
  isRunnable(tick: number): boolean {
    if (this.exitReason !== undefined) return false;
    return this.#block.int(layout.HALTED) === 0 || this.#traps.wakes() || tick >= this.#timerTick();
  }

  /** When the machine will be runnable by itself: a tick (0: now), or Infinity when only something from outside can wake it. */
  nextWakeTick(): number {
    if (this.exitReason !== undefined) return Infinity;
    return this.#block.int(layout.HALTED) === 0 || this.#traps.wakes() ? 0 : this.#timerTick();
  }

  /** Why the guest switched the machine off; undefined while it is on. */
  get exitReason(): ExitReason | undefined {
    return EXIT_REASONS[this.#block.int(layout.EXIT_REASON) - 1];
  }

  get exitCode(): number {
    return this.#block.int(layout.EXIT_CODE);
  }

  /** Forgets which pages may be written without asking: before a round of dirty logging, and after any change of frames. */
  flushWriteTranslations(): void {
    this.#tlb.flushWrites();
  }

  /** Forgets all translations and all decoded code: after frames or their contents changed behind the machine's back. */
  flushTranslations(): void {
    this.#tlb.flushAll();
    this.#decoded.flushAll();
    this.#tlb.select();
  }

  /** All that the guest can see but its pages, as versioned and checksummed bytes; between runs only. */
  save(): Uint8Array {
    return saveState(this.#block);
  }

  /** Becomes the saved machine; its pages are the caller's to bring. The slice has to be begun anew. */
  load(saved: Uint8Array): void {
    loadState(this.#block, saved);
    this.#pmp.refresh();
    this.flushTranslations();
  }

  /** Bytes typed at a console (0: the UART; 1: the virtio console). Answers how many there was room for. */
  writeConsole(bytes: Uint8Array, port = 0): number {
    const accepted = this.#console(port).write(bytes);
    this.#settleConsoles();
    return accepted;
  }

  /** Bytes that `writeConsole` would take whole now. */
  get consoleInputSpace(): number {
    return this.#console(0).inputSpace;
  }

  /** What the guest has written to a console since the last call. */
  readConsole(port = 0): Uint8Array {
    const from = this.#console(port);
    const output = new Uint8Array(from.outputBytes);
    const count = from.read(output);
    this.#settleConsoles();
    return output.subarray(0, count);
  }

  /** Guest time = cluster ticks - this. */
  get timeOffsetTicks(): number {
    return this.#block.double(layout.TIME_OFFSET_TICKS);
  }

  set timeOffsetTicks(ticks: number) {
    this.#block.setDouble(layout.TIME_OFFSET_TICKS, ticks);
  }

  /** Register x1..x31; x0 is 0. */
  x(index: number): bigint {
    assert(index >= 0 && index < 32, 'there are 32 registers');
    return this.#block.long(layout.X + index * 8);
  }

  setX(index: number, value: bigint): void {
    assert(index > 0 && index < 32, 'x0 cannot be set');
    this.#block.setLong(layout.X + index * 8, value);
  }

  get pc(): bigint {
    return this.#block.long(layout.PC);
  }

  set pc(value: bigint) {
    this.#block.setLong(layout.PC, value);
  }

  get privilege(): number {
    return this.#block.int(layout.MODE);
  }

  set privilege(mode: number) {
    this.#block.setInt(layout.MODE, mode);
    this.#tlb.select();
  }

  /** A CSR as machine mode would read it, without regard to privilege. */
  csr(number: number): bigint {
    assert(this.#csrs.read(number), `there is no CSR 0x${number.toString(16)}`);
    return (BigInt(this.#csrs.high >>> 0) << 32n) | BigInt(this.#csrs.low >>> 0);
  }

  /** Writes a CSR with the effects that a guest's write has. */
  setCsr(number: number, value: bigint): void {
    this.#csrs.low = Number(BigInt.asIntN(32, value));
    this.#csrs.high = Number(BigInt.asIntN(32, value >> 32n));
    assert(this.#csrs.write(number) !== NO_SUCH_CSR, `there is no CSR 0x${number.toString(16)}`);
  }

  /** RAM by guest physical address. */
  readMemory(address: number, length: number): Uint8Array {
    const content = new Uint8Array(length);
    assert(this.#ram.readPhysical(address, length, content, 0), 'an address in RAM');
    return content;
  }

  writeMemory(address: number, content: Uint8Array): void {
    assert(this.#ram.writePhysical(address, content, 0, content.length), 'an address in RAM');
  }

  get #ramBytes(): number {
    return this.#block.double(layout.RAM_BYTES);
  }

  #reasonToStop(budget: number): StopReason | undefined {
    if (this.exitReason !== undefined) return 'shutdown';
    if (this.#consoles.some(({ outputIsFull }) => outputIsFull)) return 'console';
    if (this.executed >= budget) return 'budget';
    if (this.#block.int(layout.HALTED) === 1) {
      if (!this.#traps.wakes()) return 'wfi';
      this.#block.setInt(layout.HALTED, 0);
    }
    return undefined;
  }

  /** Runs the generated code; false when the host could not provide a page. */
  #call(granted: number): boolean {
    const block = this.#block;
    block.setInt(layout.GRANTED, granted);
    block.setInt(layout.REMAINING, granted);
    block.setInt(layout.STOP, layout.STOP_NONE);
    this.#tlb.select();
    this.#isCounted = false;
    let unavailable: PageUnavailable | undefined;
    try {
      this.#core.run(block.base, this.#slowPaths);
    } catch (error) {
      if (!(error instanceof PageUnavailable)) throw error;
      unavailable = error;
    }
    const ran = granted - this.#clock.left() - (this.#isCounted ? 1 : 0);
    this.executed += ran;
    block.setDouble(layout.SLICE_EXECUTED, block.double(layout.SLICE_EXECUTED) + ran);
    block.setDouble(layout.EXECUTED_TOTAL, block.double(layout.EXECUTED_TOTAL) + ran);
    block.setInt(layout.GRANTED, 0);
    block.setInt(layout.REMAINING, 0);
    block.setInt(layout.STOP, layout.STOP_NONE);
    this.faultError = unavailable;
    return unavailable === undefined;
  }

  /** So many instructions may run before MTIP rises and has to be looked at. */
  #instructionsUntilTimer(): number {
    if ((this.#block.int(layout.MIE) & MIP_MTIP) === 0) return CALL_LIMIT;
    const instructions = this.#clock.instructionsUntilTimer();
    // Already pending, and if it could be taken it has been: nothing about it changes by itself.
    return instructions === 0 ? CALL_LIMIT : instructions;
  }

  #timerTick(): number {
    if ((this.#block.int(layout.MIE) & MIP_MTIP) === 0) return Infinity;
    const tick = this.#clock.timerHostTick();
    return tick <= Number.MAX_SAFE_INTEGER ? tick : Infinity;
  }

  /**
   * Lets consoles go on after the host has read or written; false when the host could not provide a page for that. Then it is done
   * by the next run, and WFI, which may end for no reason, ends so that there is one.
   */
  #settleConsoles(): boolean {
    this.faultError = undefined;
    for (const console of this.#consoles) {
      if (console.isSettled) continue;
      try {
        console.settle();
      } catch (error) {
        if (!(error instanceof PageUnavailable)) throw error;
        this.faultError = error;
        this.#block.setInt(layout.HALTED, 0);
        return false;
      }
    }
    return true;
  }

  #console(port: number): ConsolePort {
    const console = this.#consoles[port];
    assert(console !== undefined, `the board has no console ${port}`);
    return console;
  }

  /** As QEMU's board: as high as it fits below 3 GiB, on a boundary of 2 MiB; in less RAM than that, of a page. */
  #placeDeviceTree(segmentEnds: readonly number[]): number {
    const block = this.#block;
    const argumentsAt = block.base + layout.BOOT_ARGUMENTS;
    const bootArguments = new TextDecoder().decode(
      block.host.bytes.slice(argumentsAt, argumentsAt + block.int(layout.BOOT_ARGUMENTS_LENGTH)),
    );
    const tree = boardDeviceTree({
      memoryBytes: this.#ramBytes,
      isaExtensions: ISA_EXTENSIONS,
      mmu: 'sv39',
      bootArguments,
    });
    const highest = Math.min(RAM_ADDRESS + this.#ramBytes, DEVICE_TREE_CEILING) - tree.length;
    const alignment = this.#ramBytes >= 2 * DEVICE_TREE_ALIGNMENT ? DEVICE_TREE_ALIGNMENT : PAGE_BYTES;
    const address = Math.floor(highest / alignment) * alignment;
    if (segmentEnds.some((end) => end > address && end <= address + tree.length + alignment)) {
      throw new MachineError('MACHINE_BAD_IMAGE', 'there is no room for the device tree behind it');
    }
    this.writeMemory(address, tree);
    return address;
  }
}

function checkConfig(pages: GuestPages, config: MachineConfig): void {
  const wrong = (problem: string): MachineError => new MachineError('MACHINE_BAD_CONFIG', problem);
  if (config.ramBytes !== pages.ramPageCount * PAGE_BYTES || config.ramBytes === 0) {
    throw wrong(`RAM of ${config.ramBytes} bytes over ${pages.ramPageCount} pages`);
  }
  if (config.diskBytes !== pages.diskPageCount * PAGE_BYTES) {
    throw wrong(`a disk of ${config.diskBytes} bytes over ${pages.diskPageCount} pages`);
  }
}

function storeBootArguments(block: Block, bootArguments: string): void {
  const encoded = new TextEncoder().encode(bootArguments);
  if (encoded.length > layout.BOOT_ARGUMENTS_BYTES) {
    throw new MachineError('MACHINE_BAD_CONFIG', `boot arguments longer than ${layout.BOOT_ARGUMENTS_BYTES} bytes`);
  }
  block.setInt(layout.BOOT_ARGUMENTS_LENGTH, encoded.length);
  block.host.bytes.set(encoded, block.base + layout.BOOT_ARGUMENTS);
}

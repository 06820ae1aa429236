// A virtual machine on a host: its block, its backing table and its emulated computer. All state is in host memory; a Vm object
// is a view, and each thread that works on the host makes its own.

import assert from 'node:assert/strict';
import { type Core, Machine, PAGE_BYTES } from '../machine/mod.ts';
import { BackingTable } from './backing-table.ts';
import { allocateBlock } from './block-place.ts';
import { type CpuShares, isPool, ROOT_POOL, writeShares } from './cpu-shares.ts';
import { FRAME_BYTES } from './host-layout.ts';
import type { HostMemory } from './host-memory.ts';
import { RunState, StopCode, VM_HEADER, VM_HEADER_BYTES, vmBlockShape } from './vm-block.ts';

export interface VmConfiguration {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly bootArguments: string;
}

export interface VmAccounting {
  /** Instructions executed, ns on a CPU, ns runnable without one (steal), first writes to pages: sums since the VM came to this host. */
  readonly instructions: number;
  readonly runNs: number;
  readonly stealNs: number;
  readonly dirtiedPages: number;
}

export class Vm {
  readonly slot: number;
  readonly pages: BackingTable;
  readonly machine: Machine;
  readonly #host: HostMemory;
  /** Byte offset of its block in host memory. */
  readonly block: number;

  private constructor(host: HostMemory, slot: number, machine: (block: number, pages: BackingTable) => Machine) {
    this.#host = host;
    this.slot = slot;
    this.block = host.vmBlock(slot);
    assert(this.block !== 0, `slot ${slot} holds no VM`);
    this.pages = new BackingTable(host, this.block);
    this.machine = machine(this.block, this.pages);
  }

  /** A new, paused VM in power-on state with no page present; while no CPU of the host runs. Throws VMM_OUT_OF_MEMORY, VMM_TOO_MANY_VMS, MACHINE_BAD_CONFIG. */
  static create(host: HostMemory, core: Core, configuration: VmConfiguration): Vm {
    const ramPageCount = Math.ceil(configuration.memoryBytes / PAGE_BYTES);
    const diskPageCount = Math.ceil(configuration.diskBytes / PAGE_BYTES);
    const shape = vmBlockShape(ramPageCount, diskPageCount);
    const flush = (slot: number) => Vm.attach(host, core, slot).machine.flushTranslations();
    const block = allocateBlock(host, shape.frameCount, flush) * FRAME_BYTES;
    host.bytes.fill(0, block, block + VM_HEADER_BYTES + 4 * (ramPageCount + diskPageCount));
    host.view.setUint32(block + VM_HEADER.ramPageCount, ramPageCount, true);
    host.view.setUint32(block + VM_HEADER.diskPageCount, diskPageCount, true);
    host.view.setUint32(block + VM_HEADER.generation, host.countVm(), true);
    writeShares(host.view, block + VM_HEADER.shareNode, {});
    let slot: number | undefined;
    try {
      slot = host.addVmBlock(block);
      return new Vm(host, slot, (at, pages) =>
        Machine.create(core, at + shape.machineOffset, pages, {
          ramBytes: ramPageCount * PAGE_BYTES,
          diskBytes: diskPageCount * PAGE_BYTES,
          bootArguments: configuration.bootArguments,
        }),
      );
    } catch (error) {
      if (slot !== undefined) host.removeVmBlock(slot);
      host.releaseFrames(block / FRAME_BYTES, shape.frameCount);
      throw error;
    }
  }

  /** A view of the VM in `slot`, which another thread may have created. */
  static attach(host: HostMemory, core: Core, slot: number): Vm {
    return new Vm(host, slot, (at, pages) => {
      const shape = vmBlockShape(pages.ramPageCount, pages.diskPageCount);
      return Machine.attach(core, at + shape.machineOffset, pages);
    });
  }

  /** Tells two VMs that stood at the same place one after the other apart. */
  static generation(host: HostMemory, slot: number): number {
    return host.view.getUint32(host.vmBlock(slot) + VM_HEADER.generation, true);
  }

  /** Frames that a VM takes when all its pages are present: what admission counts. */
  static frameCount(configuration: Pick<VmConfiguration, 'memoryBytes' | 'diskBytes'>): number {
    const ram = Math.ceil(configuration.memoryBytes / PAGE_BYTES);
    const disk = Math.ceil(configuration.diskBytes / PAGE_BYTES);
    return ram + disk + vmBlockShape(ram, disk).frameCount;
  }

  /** How it shares the host's CPUs from now on. */
  setShares(shares: CpuShares): void {
    assert(isPool(this.#host.view, shares.pool ?? ROOT_POOL), 'a VM is put into a pool that exists');
    writeShares(this.#host.view, this.block + VM_HEADER.shareNode, shares);
  }

  get runState(): RunState {
    return this.u32(VM_HEADER.runState) as RunState;
  }

  /** Lets the CPUs run it from cluster time `nowNs` on. */
  resume(nowNs: number): void {
    assert(this.runState === RunState.paused, 'only a paused VM can be resumed');
    this.setU32(VM_HEADER.runState, RunState.running);
    this.setF64(VM_HEADER.freeAtNs, Math.max(nowNs, this.f64(VM_HEADER.freeAtNs)));
    this.setU32(VM_HEADER.ready, 0);
  }

  /** The CPUs leave it alone. Pausing a VM that has stopped changes nothing. */
  pause(): void {
    if (this.runState === RunState.running) this.setU32(VM_HEADER.runState, RunState.paused);
  }

  /** Cluster time of its last instruction: the end of its last slice. */
  get ranUntilNs(): number {
    return this.f64(VM_HEADER.freeAtNs);
  }

  get accounting(): VmAccounting {
    return {
      instructions: this.f64(VM_HEADER.instructions),
      runNs: this.f64(VM_HEADER.runNs),
      stealNs: this.f64(VM_HEADER.stealNs),
      dirtiedPages: this.f64(VM_HEADER.dirtiedPages),
    };
  }

  /** Set once the run state is `stopped`. */
  get stopped(): { readonly reason: 'shutdown' | 'fault'; readonly exitCode: number } | undefined {
    if (this.runState !== RunState.stopped) return undefined;
    const reason = this.u32(VM_HEADER.stopCode) === StopCode.shutdown ? 'shutdown' : 'fault';
    return { reason, exitCode: this.u32(VM_HEADER.exitCode) };
  }

  /** The guest has printed more than there is room for, and waits until somebody reads it; the CPUs have to be told then. */
  get isConsoleBlocked(): boolean {
    return this.u32(VM_HEADER.consoleBlocked) === 1;
  }

  /** What the guest has printed on a console (0: the UART; 1: the virtio console) since the last call. */
  readConsole(console = 0): Uint8Array {
    this.setU32(VM_HEADER.consoleBlocked, 0);
    return this.machine.readConsole(console);
  }

  /** Visits the pages written since the last call and begins a new dirty set; later stores are logged anew. */
  collectDirty(visit: (page: number) => void): void {
    this.machine.flushWriteTranslations();
    this.pages.collectDirty(visit);
  }

  /** Gives all memory back. The object must not be used after it. */
  destroy(): void {
    const frames = vmBlockShape(this.pages.ramPageCount, this.pages.diskPageCount).frameCount;
    this.pages.releaseAll();
    this.#host.removeVmBlock(this.slot);
    this.#host.releaseFrames(this.block / FRAME_BYTES, frames);
  }

  f64(field: number): number {
    return this.#host.view.getFloat64(this.block + field, true);
  }

  setF64(field: number, value: number): void {
    this.#host.view.setFloat64(this.block + field, value, true);
  }

  u32(field: number): number {
    return this.#host.view.getUint32(this.block + field, true);
  }

  setU32(field: number, value: number): void {
    this.#host.view.setUint32(this.block + field, value, true);
  }
}

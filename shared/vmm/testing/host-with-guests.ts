// A host for the tests of this folder: its memory, its CPUs, and VMs that are about to execute a few words at the start of RAM in machine mode.

import { Core, compileInterpreter, PAGE_BYTES, RAM_ADDRESS } from '../../machine/mod.ts';
import { program } from '../../machine/testing/assemble.ts';
import { HostCpus, HostMemory, type HostMemoryConfiguration, Vm } from '../mod.ts';

const MIB = 1024 * 1024;

export interface GuestOptions {
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

export class HostWithGuests {
  readonly memory: HostMemory;
  readonly core: Core;
  readonly cpus: HostCpus;

  constructor(configuration: Partial<HostMemoryConfiguration> = {}) {
    this.memory = HostMemory.create({
      memoryBytes: 32 * MIB,
      cpus: 1,
      instructionsPerSecond: 10_000_000,
      ...configuration,
    });
    this.core = new Core(compileInterpreter(), this.memory.memory);
    this.cpus = new HostCpus(this.memory, this.core);
  }

  /** A paused VM whose pages but those of the program are absent. */
  create(words: readonly number[], options: GuestOptions = {}): Vm {
    const { memoryBytes = MIB, diskBytes = 0 } = options;
    const vm = Vm.create(this.memory, this.core, { memoryBytes, diskBytes, bootArguments: '' });
    vm.machine.writeMemory(RAM_ADDRESS, program(...words));
    vm.machine.pc = BigInt(RAM_ADDRESS);
    return vm;
  }

  /** A VM that the CPUs may run from `nowNs` on. */
  start(words: readonly number[], nowNs = 0, options: GuestOptions = {}): Vm {
    const vm = this.create(words, options);
    vm.resume(nowNs);
    return vm;
  }

  /** The bytes of a guest page, as they are now. */
  page(vm: Vm, page: number): Uint8Array {
    const at = vm.pages.readFrame(page);
    return this.memory.bytes.slice(at, at + PAGE_BYTES);
  }
}

export function dirtyPages(vm: Vm): number[] {
  const pages: number[] = [];
  vm.collectDirty((page) => pages.push(page));
  return pages;
}

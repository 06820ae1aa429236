// Our machine as the comparison sees it: plain memory, one instruction at a time, values by the names that QEMU's log uses.

import { Core, compileInterpreter, FlatPages, Machine, PAGE_BYTES, type StopReason } from '../../shared/machine/mod.ts';
import { CSR } from './csr-table.ts';
import { RAM_BASE, RAM_BYTES } from './layout.ts';

/** Instructions per second and ticks do not matter here: no program of the comparison reads the clock. */
const RATE = 100_000_000;

const WASM_PAGE_BYTES = 65_536;

/** CSRs in QEMU's dump that are compared; the others there belong to extensions that are off. */
const DUMPED_CSRS: Readonly<Record<string, number>> = {
  mhartid: CSR.mhartid,
  mstatus: CSR.mstatus,
  mip: CSR.mip,
  mie: CSR.mie,
  mideleg: CSR.mideleg,
  medeleg: CSR.medeleg,
  mtvec: CSR.mtvec,
  stvec: CSR.stvec,
  mepc: CSR.mepc,
  sepc: CSR.sepc,
  mcause: CSR.mcause,
  scause: CSR.scause,
  mtval: CSR.mtval,
  stval: CSR.stval,
  mscratch: CSR.mscratch,
  sscratch: CSR.sscratch,
  satp: CSR.satp,
};

export class Ours {
  readonly machine: Machine;

  constructor(elf: Uint8Array) {
    const blockBytes = Machine.blockBytes();
    const pageCount = Math.ceil((PAGE_BYTES + blockBytes + RAM_BYTES) / WASM_PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
    const core = new Core(compileInterpreter(), memory);
    const pages = new FlatPages(PAGE_BYTES + blockBytes, RAM_BYTES / PAGE_BYTES);
    this.machine = Machine.create(core, PAGE_BYTES, pages, {
      ramBytes: RAM_BYTES,
      diskBytes: 0,
      bootArguments: '',
    });
    this.machine.loadElf(elf);
    this.machine.beginSlice(0, RATE);
  }

  /** Goes to the program's first instruction with QEMU's registers, past what the boards' ROMs do differently. */
  enter(names: readonly string[], values: BigUint64Array): void {
    this.machine.pc = BigInt(RAM_BASE);
    for (let index = 0; index < names.length; index++) {
      const register = /^x(\d+)$/.exec(names[index] ?? '')?.[1];
      if (register !== undefined && register !== '0') this.machine.setX(Number(register), values[index] ?? 0n);
    }
  }

  step(): StopReason {
    return this.machine.run(1);
  }

  /** Functions that read our value for each name in QEMU's dump; undefined for what is not compared. */
  readers(names: readonly string[]): readonly ((() => bigint) | undefined)[] {
    const { machine } = this;
    return names.map((name) => {
      if (name === 'pc') return () => machine.pc;
      const register = /^x(\d+)$/.exec(name)?.[1];
      if (register !== undefined) {
        const index = Number(register);
        return index === 0 ? () => 0n : () => machine.x(index);
      }
      const csr = DUMPED_CSRS[name];
      return csr === undefined ? undefined : () => machine.csr(csr);
    });
  }

  /** Takes over a value of QEMU's where ours may differ (see `adopt` in compare.ts). */
  adopt(name: string, value: bigint): void {
    const csr = DUMPED_CSRS[name];
    if (csr === undefined) throw new RangeError(`${name} is not a CSR of the dump`);
    this.machine.setCsr(csr, value);
  }

  ram(bytes: number): Uint8Array {
    return this.machine.readMemory(RAM_BASE, bytes);
  }
}

// What pre-copy needs of a VM, at either end; shared/vmm's Vm and Core provide it through `migratingVm`. Calls are made only while
// no CPU runs the VM.

import { type Core, PAGE_BYTES } from '../machine/mod.ts';
import { HEADER, type HostMemory, type Vm } from '../vmm/mod.ts';

export interface MigratingVm {
  readonly pageCount: number;
  /** Visits pages written since the last call and begins a new dirty set. */
  collectDirty(visit: (page: number) => void): void;
  /** Absent pages are zero. */
  isZero(page: number): boolean;
  /** The content, as a view that is valid until the VM runs again. */
  content(page: number): Uint8Array;
  /** XXH64 of the content, low and high half. */
  hash(page: number): readonly [number, number];
  install(page: number, content: Uint8Array): void;
  drop(page: number): void;
  /** Everything the guest can see beside its pages. */
  saveState(): Uint8Array;
  /** Throws MACHINE_BAD_STATE. */
  loadState(state: Uint8Array): void;
}

export function migratingVm(vm: Vm, core: Core, host: HostMemory): MigratingVm {
  return {
    pageCount: vm.pages.pageCount,
    collectDirty: (visit) => vm.collectDirty(visit),
    isZero: (page) => !vm.pages.isPresent(page) || core.isZeroPage(vm.pages.readFrame(page)),
    content(page) {
      const at = vm.pages.readFrame(page);
      return host.bytes.subarray(at, at + PAGE_BYTES);
    },
    hash(page) {
      core.hashPage(vm.pages.readFrame(page), HEADER.hashScratch);
      return [host.view.getUint32(HEADER.hashScratch, true), host.view.getUint32(HEADER.hashScratch + 4, true)];
    },
    install: (page, content) => vm.pages.install(page, content),
    drop: (page) => vm.pages.drop(page),
    saveState: () => vm.machine.save(),
    loadState: (state) => vm.machine.load(state),
  };
}

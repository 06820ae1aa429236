// What a VM takes of a host's memory: its RAM, its disk, the tables that map them, and the VMM's block of registers, devices and
// decoded instructions. Admission counts VMs whole, so those who plan must count the same.

import type { VmSpecification } from '../protocol/mod.ts';

/** Measured: 2.1 MiB (shared/vmm, Vm.frameCount); a little more, so that a plan is not refused for a few pages. */
const BLOCK_BYTES = 2.25 * 2 ** 20;
const PAGE_BYTES = 4096;
const TABLE_BYTES_PER_PAGE = 4;

export function footprintBytes({ memoryBytes, diskBytes }: Pick<VmSpecification, 'memoryBytes' | 'diskBytes'>): number {
  const pages = Math.ceil(memoryBytes / PAGE_BYTES) + Math.ceil(diskBytes / PAGE_BYTES);
  return pages * (PAGE_BYTES + TABLE_BYTES_PER_PAGE) + BLOCK_BYTES;
}

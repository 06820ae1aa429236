// Where things lie in a host's physical RAM. Frame 0 is the zero frame, which absent guest pages read; then the host header,
// the frame table, and frames. All threads of a host see the same bytes, so nothing here is kept in JavaScript.
//
//   0                       zero frame
//   HEADER_OFFSET           host header: scheduling results, VM slots
//   POOL_TABLE_OFFSET       resource pools
//   FRAME_TABLE_OFFSET      u32 reference count for each frame (0: free)
//   first free frame …      VM blocks (contiguous frames) and guest pages

import { PAGE_BYTES } from '../machine/mod.ts';

export const FRAME_BYTES = PAGE_BYTES;
export const ZERO_FRAME = 0;

/** Chosen: more than the smallest VMs that fit in 4 GiB will ever need. */
export const VM_SLOTS_MAX = 512;
/** Physical CPUs of one host at most, as in the schema of a host. */
export const CPUS_MAX = 64;

export const HEADER_OFFSET = FRAME_BYTES;
export const HEADER = {
  /** u32: physical CPUs; f64: instructions per second of each. */
  cpus: HEADER_OFFSET,
  frameHint: HEADER_OFFSET + 4,
  freeFrames: HEADER_OFFSET + 8,
  vmSlotsUsed: HEADER_OFFSET + 12,
  instructionsPerSecond: HEADER_OFFSET + 16,
  /** f64 ns: CPU time that the VMM itself still owes (pages copied and hashed), taken from the first CPU. */
  vmmDebtNs: HEADER_OFFSET + 24,
  /** f64 ns, sum since power-on: CPU time used by VMs and by the VMM. */
  busyNs: HEADER_OFFSET + 32,
  /** f64 ns of cluster time: when the CPUs have something to do next; Infinity when only an outside event can tell. */
  nextRunNs: HEADER_OFFSET + 40,
  /** u32: VMs made since power-on, which numbers them. */
  vmsMade: HEADER_OFFSET + 56,
  /** f64 ns × CPUS_MAX: until when each CPU has worked. */
  cpuTimeNs: HEADER_OFFSET + 64,
  /** u32 × VM_SLOTS_MAX: byte offset of the VM's block, or 0. */
  vmSlots: HEADER_OFFSET + 64 + 8 * CPUS_MAX,
  /** 8 bytes in which the page hash is left. */
  hashScratch: HEADER_OFFSET + 64 + 8 * CPUS_MAX + 4 * VM_SLOTS_MAX,
} as const;

/** Resource pools of the host: nodes of the share tree (cpu-shares.ts). The first is the root. */
export const POOL_TABLE_OFFSET = HEADER_OFFSET + FRAME_BYTES;
export const POOL_BYTES = 64;
export const POOLS_MAX = FRAME_BYTES / POOL_BYTES;

export const FRAME_TABLE_OFFSET = POOL_TABLE_OFFSET + FRAME_BYTES;

/** Frames that are never handed out: the zero frame, the header and the frame table. */
export function reservedFrameCount(frameCount: number): number {
  return FRAME_TABLE_OFFSET / FRAME_BYTES + Math.ceil((frameCount * 4) / FRAME_BYTES);
}

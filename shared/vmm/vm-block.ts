// A VM's block: neighbouring frames of host memory that hold everything about a VM but its pages, under one layout:
//
//   VM_HEADER      what the VMM keeps: run state, accounting
//   backing table  u32 for each guest page (RAM, then the disk's medium): frame number and flags
//   machine        the emulated computer's own block (shared/machine)

import { Machine, PAGE_BYTES } from '../machine/mod.ts';

/** Field offsets in a block. f64 unless said. */
export const VM_HEADER = {
  /** u32 RunState. */
  runState: 0,
  ramPageCount: 4,
  diskPageCount: 8,
  /** u32: 1 while the console's output ring is full and nobody has read it. */
  consoleBlocked: 12,
  /** u32: 1 while the CPUs have seen the VM runnable but not yet run it. */
  ready: 16,
  exitCode: 20,
  /** u32: which VM of this host it is, counted from 1, so that a thread notices a new VM in an old place. */
  generation: 24,
  /** u32 StopCode: why it stopped for good. */
  stopCode: 28,
  /** ns of cluster time at which its last slice ended; no CPU runs it before. */
  freeAtNs: 40,
  /** ns of cluster time since when it has been runnable without running. */
  readyAtNs: 48,
  /** ns, sums since the block was made. */
  runNs: 56,
  stealNs: 64,
  /** Instructions, sum since the block was made. */
  instructions: 72,
  /** Pages dirtied since the block was made: first writes since the dirty set was last collected. */
  dirtiedPages: 80,
  /** 64 bytes: its node in the host's share tree (cpu-shares.ts). */
  shareNode: 88,
} as const;

export const VM_HEADER_BYTES = 256;

export const RunState = { paused: 0, running: 1, stopped: 2 } as const;
export type RunState = (typeof RunState)[keyof typeof RunState];

export const StopCode = { none: 0, shutdown: 1, fault: 2 } as const;

export interface VmBlockShape {
  readonly backingTableOffset: number;
  readonly machineOffset: number;
  readonly frameCount: number;
}

/** Offsets relative to the block's start. */
export function vmBlockShape(ramPageCount: number, diskPageCount: number): VmBlockShape {
  const tableEnd = VM_HEADER_BYTES + 4 * (ramPageCount + diskPageCount);
  const machineOffset = Math.ceil(tableEnd / PAGE_BYTES) * PAGE_BYTES;
  return {
    backingTableOffset: VM_HEADER_BYTES,
    machineOffset,
    frameCount: (machineOffset + Machine.blockBytes()) / PAGE_BYTES,
  };
}

// How long a live migration takes: pre-copy sends all memory, then what was written meanwhile, and so on; a geometric series with the ratio of
// dirty rate to bandwidth (Clark et al., "Live Migration of Virtual Machines", NSDI 2005; Akoush et al., MASCOTS 2010).

import type { ClusterState } from '../../cluster/mod.ts';

/** Infinity when the VM writes at least as fast as memory moves. */
export function migrationSeconds(state: ClusterState, vm: number, bytesPerSecond: number): number {
  const { memoryBytes, dirtyBytesPerSecond } = state.vms;
  const remaining = bytesPerSecond - dirtyBytesPerSecond[vm]!;
  return remaining <= 0 ? Number.POSITIVE_INFINITY : memoryBytes[vm]! / remaining;
}

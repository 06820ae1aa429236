// Runs the VMs of hosts under virtual time: on the test's own thread, or on others.

import { ThreadExecutor } from '../shared/runtime/live/mod.ts';
import { type VirtualClock, VirtualExecutor } from '../shared/runtime/memory/mod.ts';
import { HOST_WORKER_URL } from '../shared/vmm/mod.ts';

export function virtualExecutor(clock: VirtualClock, threads: number): VirtualExecutor {
  return new VirtualExecutor(clock, new ThreadExecutor({ threads, workerUrl: HOST_WORKER_URL, callerHelps: true }));
}

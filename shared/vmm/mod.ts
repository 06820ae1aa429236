// A host's memory and its VMs: frames, backing tables, dirty sets, and the CPUs that run guests.

export { BackingTable } from './backing-table.ts';
export { type CpuShares, DEFAULT_SHARES, ROOT_POOL } from './cpu-shares.ts';
export { HostCpus, TIME_SLICE_NS } from './host-cpus.ts';
export { FRAME_BYTES, HEADER } from './host-layout.ts';
export { HostMemory, type HostMemoryConfiguration } from './host-memory.ts';
export { Vm, type VmAccounting, type VmConfiguration } from './vm.ts';
export { RunState } from './vm-block.ts';

/** The script to give to a ThreadExecutor, so that its threads run the VMs of hosts. */
export const HOST_WORKER_URL = new URL('./executor-worker.ts', import.meta.url);

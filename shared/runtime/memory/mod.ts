// In-memory versions of the ports, for replays and tests: one seed, one process, virtual time.

export { MemoryDisk } from './memory-disk.ts';
export { MemoryPageNetworks } from './memory-page-network.ts';
export { MemoryStoreServer } from './memory-store.ts';
export { MemoryBroker } from './memory-transport.ts';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
export { type StartedExecutor, type StartedExecutorHost, VirtualExecutor } from './virtual-executor.ts';
export {
  type NetworkFaults,
  type Partition,
  type VirtualLink,
  VirtualNetwork,
  type VirtualNetworkOptions,
} from './virtual-network.ts';
export { type CrashKind, VirtualProcess } from './virtual-process.ts';
export { VirtualWorld, type VirtualWorldOptions } from './virtual-world.ts';

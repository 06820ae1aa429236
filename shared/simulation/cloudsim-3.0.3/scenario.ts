// The fixed scenario of CloudSim's PlanetLab power experiments: 800 hosts of two types, VMs of four types, a day in steps of 5 minutes.
// After `Constants`, `Helper` and `PlanetLabConstants` of cloudsim-examples 3.0.3. All figures are specified there.

export const HOST_COUNT = 800;
export const HOST_TYPES = [
  { name: 'HP ProLiant ML110 G4', peMips: 1860, capacityMips: 3720 },
  { name: 'HP ProLiant ML110 G5', peMips: 2660, capacityMips: 5320 },
] as const;
export const HOST_RAM_MB = 4096;
export const HOST_BANDWIDTH_KBITPS = 1_000_000;
const HOST_STORAGE = 1_000_000;

/** The first quarter of the VMs is of type 0, and so on. */
export const VM_TYPES = [
  { mips: 2500, ramMb: 870 },
  { mips: 2000, ramMb: 1740 },
  { mips: 1000, ramMb: 1740 },
  { mips: 500, ramMb: 613 },
] as const;
export const VM_BANDWIDTH_KBITPS = 100_000;
const VM_STORAGE = 2500;

/** Memory and bandwidth bind only while a VM is created, but storage binds always, and so it limits a host's VMs. */
export const SLOTS_PER_HOST = HOST_STORAGE / VM_STORAGE;

export const INTERVAL_S = 300;
export const HORIZON_S = 86_400;
/** The broker hears of created VMs after this, and the first step is an interval later. */
export const SUBMISSION_S = 0.1;
/** Half of a host's link, in MB/s: 1 Gbit/s in Kbit/s over (2 × 8000). */
export const MIGRATION_MBPS = HOST_BANDWIDTH_KBITPS / (2 * 8000);

/** In floating point 0.1 + 300 + 300 … as the simulator's clock adds it up. */
export const FIRST_STEP_S = SUBMISSION_S + INTERVAL_S;

export const hostTypeOf = (host: number): number => host % HOST_TYPES.length;

export const vmTypeOf = (vm: number, vmCount: number): number => Math.floor(vm / Math.ceil(vmCount / VM_TYPES.length));

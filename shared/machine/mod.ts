// The emulated computer: one RV64IMAC hart with M, S and U modes and the devices of QEMU's `virt`, all of whose state is bytes in host
// memory. No I/O, no clock: the host says what time it is and how many instructions to execute.

export { BLOCK_BYTES, type ExitReason } from './board.ts';
export { RAM_ADDRESS } from './board-map.ts';
export { Core, compileInterpreter } from './core.ts';
export { TIMEBASE_HZ } from './devices/mod.ts';
export { MachineError, type MachineErrorCode } from './errors.ts';
export { FlatPages } from './flat-pages.ts';
export { type GuestPages, PAGE_BYTES } from './guest-pages.ts';
export { Machine, type MachineConfig, PageUnavailable, type StopReason } from './machine.ts';
export { MAXIMUM_RATE } from './slice-clock.ts';

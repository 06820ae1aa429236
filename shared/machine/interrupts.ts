// The hart's interrupt inputs and mip, whose bits have three origins: lines that devices drive (CLINT: MSIP; PLIC: SEIP,
// MEIP), bits that software sets (SSIP, STIP, SEIP), and MTIP, which is never stored but follows from mtimecmp and the time
// (Privileged Architecture 3.1.9, 3.2.1). Devices reach these words through their DeviceContext.

export const SSIP_BIT = 1;
export const MSIP_BIT = 3;
export const STIP_BIT = 5;
export const MTIP_BIT = 7;
export const SEIP_BIT = 9;
export const MEIP_BIT = 11;

export const MIP_SSIP = 1 << SSIP_BIT;
export const MIP_MSIP = 1 << MSIP_BIT;
export const MIP_STIP = 1 << STIP_BIT;
export const MIP_MTIP = 1 << MTIP_BIT;
export const MIP_SEIP = 1 << SEIP_BIT;
export const MIP_MEIP = 1 << MEIP_BIT;

/** Interrupts that exist, and so the writable bits of mie. */
export const ALL_INTERRUPTS = MIP_SSIP | MIP_MSIP | MIP_STIP | MIP_MTIP | MIP_SEIP | MIP_MEIP;
/** Those that mideleg can give to supervisor mode, and those that machine mode may write in mip. */
export const SUPERVISOR_INTERRUPTS = MIP_SSIP | MIP_STIP | MIP_SEIP;

/** Highest priority first (Privileged Architecture 3.1.9). */
export const INTERRUPT_PRIORITY: readonly number[] = [MEIP_BIT, MSIP_BIT, MTIP_BIT, SEIP_BIT, SSIP_BIT, STIP_BIT];

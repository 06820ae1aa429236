// Numbers of CSRs, bits of mstatus, and causes of traps, as the manual spells them (Privileged Architecture, chapters "CSRs",
// "Machine-Level ISA" and "Supervisor-Level ISA").

export const PRIVILEGE_USER = 0;
export const PRIVILEGE_SUPERVISOR = 1;
export const PRIVILEGE_MACHINE = 3;

// The low half of mstatus.
export const MSTATUS_SIE = 1 << 1;
export const MSTATUS_MIE = 1 << 3;
export const MSTATUS_SPIE = 1 << 5;
export const MSTATUS_MPIE = 1 << 7;
export const MSTATUS_SPP = 1 << 8;
export const MSTATUS_MPP_SHIFT = 11;
export const MSTATUS_MPP = 3 << MSTATUS_MPP_SHIFT;
export const MSTATUS_MPRV = 1 << 17;
export const MSTATUS_SUM = 1 << 18;
export const MSTATUS_MXR = 1 << 19;
export const MSTATUS_TVM = 1 << 20;
export const MSTATUS_TW = 1 << 21;
export const MSTATUS_TSR = 1 << 22;
/** The high half: UXL and SXL are 2 (64 bits) and cannot be changed. */
export const MSTATUS_HIGH = 0xa;
export const MSTATUS_HIGH_SUPERVISOR = 0x2;

export const CAUSE_INSTRUCTION_ACCESS_FAULT = 1;
export const CAUSE_ILLEGAL_INSTRUCTION = 2;
export const CAUSE_BREAKPOINT = 3;
export const CAUSE_LOAD_MISALIGNED = 4;
export const CAUSE_LOAD_ACCESS_FAULT = 5;
export const CAUSE_STORE_MISALIGNED = 6;
export const CAUSE_STORE_ACCESS_FAULT = 7;
export const CAUSE_USER_ECALL = 8;
export const CAUSE_SUPERVISOR_ECALL = 9;
export const CAUSE_MACHINE_ECALL = 11;
export const CAUSE_INSTRUCTION_PAGE_FAULT = 12;
export const CAUSE_LOAD_PAGE_FAULT = 13;
export const CAUSE_STORE_PAGE_FAULT = 15;

export const SATP_MODE_SV39 = 8;

/** misa: MXL 64 bits, extensions A, C, I, M, S, U. */
export const MISA_LOW = extensions('ACIMSU');
export const MISA_HIGH = 2 << 30;

function extensions(letters: string): number {
  return [...letters].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 'A'.charCodeAt(0))), 0);
}

// The control and status registers that the machine claims, and what random programs may write into them. This is the one place
// that says what the comparison leaves out, and why: either the architecture lets implementations differ there (WARL, WLRL), or
// QEMU 7.2 departs from the manual, or the value depends on the host's clock.

export interface CsrEntry {
  readonly name: string;
  readonly number: number;
  /** Bits that may be 1 in a value that a program writes. 0: it is not written by the free-running snippets. */
  readonly writable: bigint;
  /** Why bits are left out; shown by `run.ts --exclusions`. */
  readonly excluded?: string;
  /** The value read depends on the clock of the host: only read into x0, to see whether it traps. */
  readonly volatile?: boolean;
}

export const CSR = {
  sstatus: 0x100,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  senvcfg: 0x10a,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  satp: 0x180,
  mstatus: 0x300,
  misa: 0x301,
  medeleg: 0x302,
  mideleg: 0x303,
  mie: 0x304,
  mtvec: 0x305,
  mcounteren: 0x306,
  menvcfg: 0x30a,
  mcountinhibit: 0x320,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  mip: 0x344,
  pmpcfg0: 0x3a0,
  pmpcfg2: 0x3a2,
  pmpaddr0: 0x3b0,
  mcycle: 0xb00,
  minstret: 0xb02,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
  mvendorid: 0xf11,
  marchid: 0xf12,
  mimpid: 0xf13,
  mhartid: 0xf14,
  mconfigptr: 0xf15,
} as const;

export const MSTATUS = {
  SIE: 1n << 1n,
  MIE: 1n << 3n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP_SHIFT: 11n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
} as const;

const ALL = 0xffff_ffff_ffff_ffffn;
/** Exceptions 0..9, 12, 13 and 15. */
export const MEDELEG_BITS = 0xb3ffn;
export const SUPERVISOR_INTERRUPTS = 0x222n;

export const CSR_TABLE: readonly CsrEntry[] = [
  { name: 'sstatus', number: CSR.sstatus, writable: MSTATUS.SPIE | MSTATUS.SPP | MSTATUS.SUM | MSTATUS.MXR },
  { name: 'sie', number: CSR.sie, writable: SUPERVISOR_INTERRUPTS, excluded: 'written while no interrupt is taken' },
  {
    name: 'stvec',
    number: CSR.stvec,
    writable: 0n,
    excluded: 'written with real handlers only; modes 2 and 3 are WARL',
  },
  { name: 'scounteren', number: CSR.scounteren, writable: 7n, excluded: 'counters 3..31 are WARL' },
  { name: 'senvcfg', number: CSR.senvcfg, writable: 1n, excluded: 'all but FIOM is WARL' },
  { name: 'sscratch', number: CSR.sscratch, writable: ALL },
  {
    name: 'sepc',
    number: CSR.sepc,
    writable: ALL & ~1n,
    excluded: 'QEMU 7.2 stores bit 0; the manual says it is always 0',
  },
  { name: 'scause', number: CSR.scause, writable: (1n << 63n) | 0xfn, excluded: 'codes above 15 are WLRL' },
  { name: 'stval', number: CSR.stval, writable: ALL },
  { name: 'sip', number: CSR.sip, writable: 0x2n },
  {
    name: 'satp',
    number: CSR.satp,
    writable: 0n,
    excluded: 'written with real page tables only; QEMU 7.2 also accepts Sv48 and Sv57',
  },
  {
    name: 'mstatus',
    number: CSR.mstatus,
    writable:
      MSTATUS.SPIE |
      MSTATUS.MPIE |
      MSTATUS.SPP |
      (3n << MSTATUS.MPP_SHIFT) |
      MSTATUS.SUM |
      MSTATUS.MXR |
      MSTATUS.TVM |
      MSTATUS.TW |
      MSTATUS.TSR,
    excluded: 'QEMU 7.2 stores the reserved MPP=2; MIE and MPRV are set by the snippets that mean to',
  },
  { name: 'misa', number: CSR.misa, writable: 0n, excluded: 'WARL' },
  {
    name: 'medeleg',
    number: CSR.medeleg,
    writable: MEDELEG_BITS,
    excluded: 'QEMU 7.2 lets M-mode ecall and the guest-page faults be delegated without H',
  },
  {
    name: 'mideleg',
    number: CSR.mideleg,
    writable: SUPERVISOR_INTERRUPTS,
    excluded: 'QEMU 7.2 has the VS interrupts writable without H',
  },
  { name: 'mie', number: CSR.mie, writable: 0xaaan, excluded: 'QEMU 7.2 has the VS interrupts writable without H' },
  { name: 'mtvec', number: CSR.mtvec, writable: 0n, excluded: 'written with real handlers only' },
  { name: 'mcounteren', number: CSR.mcounteren, writable: 7n, excluded: 'counters 3..31 are WARL' },
  { name: 'menvcfg', number: CSR.menvcfg, writable: 1n, excluded: 'all but FIOM is WARL' },
  { name: 'mcountinhibit', number: CSR.mcountinhibit, writable: 5n, excluded: 'counters 3..31 are WARL' },
  { name: 'mscratch', number: CSR.mscratch, writable: 0n, excluded: 'holds where to go on after a trap' },
  { name: 'mepc', number: CSR.mepc, writable: ALL & ~1n, excluded: 'as sepc' },
  { name: 'mcause', number: CSR.mcause, writable: (1n << 63n) | 0xfn, excluded: 'as scause' },
  { name: 'mtval', number: CSR.mtval, writable: ALL },
  { name: 'mip', number: CSR.mip, writable: SUPERVISOR_INTERRUPTS },
  {
    name: 'pmpcfg0',
    number: CSR.pmpcfg0,
    writable: 0n,
    excluded: 'QEMU 7.2 stores the reserved R=0 W=1 and bits 5 and 6; written by the PMP snippets',
  },
  { name: 'pmpcfg2', number: CSR.pmpcfg2, writable: 0n, excluded: 'as pmpcfg0' },
  { name: 'pmpaddr0', number: CSR.pmpaddr0, writable: 0n, excluded: 'QEMU 7.2 does not flush its TLB for it' },
  { name: 'pmpaddr15', number: CSR.pmpaddr0 + 15, writable: 0n },
  { name: 'mcycle', number: CSR.mcycle, writable: 0n, volatile: true, excluded: 'QEMU counts host ticks' },
  { name: 'minstret', number: CSR.minstret, writable: 0n, volatile: true, excluded: 'QEMU counts host ticks' },
  { name: 'cycle', number: CSR.cycle, writable: 0n, volatile: true, excluded: 'QEMU counts host ticks' },
  { name: 'time', number: CSR.time, writable: 0n, volatile: true, excluded: 'the clock of the host' },
  { name: 'instret', number: CSR.instret, writable: 0n, volatile: true, excluded: 'QEMU counts host ticks' },
  { name: 'mvendorid', number: CSR.mvendorid, writable: 0n, excluded: 'read-only: writes trap' },
  {
    name: 'marchid',
    number: CSR.marchid,
    writable: 0n,
    excluded: 'ours has its own; QEMU is told to say 0',
    volatile: true,
  },
  {
    name: 'mimpid',
    number: CSR.mimpid,
    writable: 0n,
    excluded: 'ours has its own; QEMU is told to say 0',
    volatile: true,
  },
  { name: 'mconfigptr', number: CSR.mconfigptr, writable: 0n, excluded: 'read-only: writes trap' },
  { name: 'mhartid', number: CSR.mhartid, writable: 0n, excluded: 'read-only: writes trap' },
];

/** Numbers that no RV64IMAC machine with Sv39 has: floating point, hypervisor, debug, RV32's upper halves, the custom ranges. */
export const ABSENT_CSRS: readonly number[] = [
  0x001, 0x002, 0x003, 0x200, 0x240, 0x280, 0x310, 0x5c0, 0x600, 0x602, 0x680, 0x7b0, 0x800, 0xb80, 0xc80, 0xc81, 0xe12,
  0xfc0, 0x3a1, 0x3a3,
];

export interface Exclusion {
  readonly what: string;
  readonly why: string;
}

/** What is left out besides the registers above; each is avoided by the snippet named. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    what: 'LR.D and then SC.W (snippets/atomic.ts)',
    why: 'QEMU 7.2 stores the word and reports failure',
  },
  {
    what: 'page tables outside RAM (page-tables.ts)',
    why: 'QEMU 7.2 reports a page fault; the manual says access fault',
  },
  {
    what: 'page tables that PMP lets be read but not written (snippets/pmp.ts)',
    why: 'QEMU 7.2 checks only the read when it sets A and D',
  },
  {
    what: 'stores to page tables without SFENCE.VMA (page-tables.ts)',
    why: 'how long a stale translation lives is not specified',
  },
  {
    what: 'SFENCE.VMA with a register for the address or ASID as the only fence (snippets/paging.ts)',
    why: 'QEMU flushes everything; we may flush less',
  },
  {
    what: 'a PMP region that covers part of a page, used without SFENCE.VMA before each access (snippets/pmp.ts)',
    why: 'QEMU 7.2 caches the permission of the whole page',
  },
  {
    what: 'fetches in S mode from user pages while SUM is set, without SFENCE.VMA before them (snippets/modes.ts)',
    why: 'QEMU 7.2 allows them if a load has put the page into its TLB',
  },
  {
    what: 'accesses across the end of a page beside a PMP region (snippets/pmp.ts)',
    why: 'QEMU 7.2 checks both parts as one access if the first page is not in its TLB, and apart if it is',
  },
  {
    what: 'misaligned doublewords around a PMP region of four bytes (snippets/pmp.ts)',
    why: 'QEMU 7.2 looks only at the first and the last byte',
  },
  {
    what: 'MRET and SRET to a lower mode with MPRV set (snippets/modes.ts)',
    why: 'QEMU 7.2 leaves MPRV set; the manual clears it',
  },
  {
    what: 'S or U mode with every PMP entry off (prologue.ts)',
    why: 'QEMU 7.2 raises an illegal-instruction exception at MRET, the manual an access fault at the fetch',
  },
  {
    what: 'several enabled interrupts pending for one privilege mode (snippets/interrupts.ts)',
    why: 'QEMU 7.2 takes the lowest number, the manual orders MEI, MSI, MTI, SEI, SSI, STI',
  },
  {
    what: 'CSRRS and CSRRC of a read-only register with a source that holds 0 (snippets/registers.ts)',
    why: 'QEMU 7.2 looks at the value, the manual at the register number: it traps',
  },
  {
    what: 'the low bits of mtval and stval after a misaligned load from where nothing is (compare.ts)',
    why: 'QEMU 7.2 splits the load and reports the aligned address of its first part',
  },
  {
    what: 'stores that begin in RAM and end where nothing is (page-tables.ts)',
    why: 'QEMU 7.2 writes the first part before it faults',
  },
  {
    what: 'AMOs that fault where nothing is (page-tables.ts; the rest of the program is not compared, compare.ts)',
    why: 'QEMU 7.2 takes them apart into a load and a store and reports the causes of the load',
  },
  { what: 'WFI with nothing pending', why: 'the run would not end' },
];

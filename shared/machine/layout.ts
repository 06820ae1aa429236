// The one description of a VM's block: every byte of a VM's state but its RAM and disk pages, as offsets from the block's base
// in host memory. The generated interpreter, the slow paths in JavaScript and the devices all use these names. Three
// parts: what the guest can see (saved), what only this execution needs (rebuilt after a load), and the caches. Room is kept for
// F/D registers and for the hypervisor extension's CSRs. All fields are little endian; 64-bit fields are 8-byte aligned.

let cursor = 0;

function place(bytes: number, alignment = 8): number {
  cursor = Math.ceil(cursor / alignment) * alignment;
  const offset = cursor;
  cursor += bytes;
  return offset;
}

// ---- Part 1: what the guest can see. Saved, byte for byte. ----

/** x0..x31, 8 bytes each. x0's slot is never written. */
export const X = place(32 * 8, 4096);
/** Writes to x0 go here, so that no instruction asks which register it writes. Always 0 in a saved machine. */
export const X_SINK = place(8);
/** Room for f0..f31 and fcsr. */
export const F = place(32 * 8 + 8);

export const PC = place(8);
/** Privilege: 0 user, 1 supervisor, 3 machine (i32). */
export const MODE = place(4, 4);
/** 1 while WFI waits (i32). */
export const HALTED = place(4, 4);
/** The reservation of LR: its address (all ones: none) and the value that was read. */
export const RESERVATION_ADDRESS = place(8);
export const RESERVATION_VALUE = place(8);

// CSRs, 8 bytes each.
export const MSTATUS = place(8);
export const MTVEC = place(8);
export const MEDELEG = place(8);
export const MIDELEG = place(8);
export const MIE = place(8);
/** The bits of mip that software sets: SSIP, STIP, SEIP. The others come from the lines below and from mtimecmp. */
export const MIP_SOFTWARE = place(8);
export const MEPC = place(8);
export const MCAUSE = place(8);
export const MTVAL = place(8);
export const MSCRATCH = place(8);
export const MCOUNTEREN = place(8);
export const MCOUNTINHIBIT = place(8);
export const MENVCFG = place(8);
export const STVEC = place(8);
export const SEPC = place(8);
export const SCAUSE = place(8);
export const STVAL = place(8);
export const SSCRATCH = place(8);
export const SCOUNTEREN = place(8);
export const SENVCFG = place(8);
export const SATP = place(8);
/** pmp0cfg..pmp15cfg, a byte each. */
export const PMPCFG = place(16);
export const PMPADDR = place(16 * 8);
/** Room for hstatus, hedeleg, hideleg, hgatp, vsstatus and the other VS CSRs. */
export const HYPERVISOR_CSRS = place(32 * 8);

// Interrupts (see interrupts.ts).
/** Levels of the hart's interrupt inputs, by bit number in mip (i32). */
export const HART_LINES = place(4, 4);
/** Unused, keeps the alignment. */
export const HART_LINES_RESERVED = place(4, 4);
/** mtimecmp of the CLINT, as two unsigned halves. */
export const MTIMECMP = place(8);

// Counters and time, as doubles: exact up to 2^53.
/** Instructions executed since power-on, those that trapped too. */
export const EXECUTED_TOTAL = place(8);
/** Those of them that trapped and so did not retire. */
export const TRAPPED_TOTAL = place(8);
/** mcycle = EXECUTED_TOTAL + this, while it counts; the frozen value while mcountinhibit.CY is set (u64). */
export const MCYCLE_OFFSET = place(8);
/** minstret = EXECUTED_TOTAL - TRAPPED_TOTAL + this, or the frozen value (u64). */
export const MINSTRET_OFFSET = place(8);
/** Guest time = cluster ticks - this. */
export const TIME_OFFSET_TICKS = place(8);

/** Why the machine went off: 0 it is on, 1 pass, 2 fail, 3 reset (i32). */
export const EXIT_REASON = place(4, 4);
export const EXIT_CODE = place(4, 4);

/** The board's ROM at 0x1000: the reset vector and what it loads. */
export const ROM = place(128);
export const ROM_BYTES = 128;

export const SAVED_BYTES = place(0);

// ---- Part 2: this execution. ----

/** Sizes of RAM and disk (f64), to check a saved machine against. */
export const RAM_BYTES = place(8);
export const DISK_BYTES = place(8);
/** The kernel's command line: length (i32) and UTF-8 bytes. */
export const BOOT_ARGUMENTS_LENGTH = place(4, 4);
export const BOOT_ARGUMENTS = place(1020, 4);
export const BOOT_ARGUMENTS_BYTES = 1020;

/** Instructions that the generated code may still execute before it returns (i32). */
export const REMAINING = place(4, 4);
/** What REMAINING was when a slow path stopped the run by setting it to 0 (i32). */
export const HELD = place(4, 4);
/** Why it was stopped: see STOP_* (i32). */
export const STOP = place(4, 4);
/** Absolute offset of the decoded record of the current instruction (i32); valid in slow paths. */
export const RECORD = place(4, 4);
/** Absolute offsets of the TLBs that the current privilege and translation mode use (i32). */
export const DATA_TLB = place(4, 4);
export const FETCH_TLB = place(4, 4);
/** Where slow paths and generated code hand values to each other (up to 8 bytes used). */
export const SCRATCH = place(16, 16);
/** Instructions granted to the generated code by the present call (i32); minus REMAINING, they are what was executed. */
export const GRANTED = place(8);
/** The slice (f64): tick at its start, instructions per second, instructions executed in it before the present call. */
export const SLICE_START_TICK = place(8);
export const SLICE_RATE = place(8);
export const SLICE_EXECUTED = place(8);
/** Guest virtual pages covered by superpage translations since the last full flush: first and last page (f64; none: first > last). */
export const SUPERPAGE_FIRST = place(8);
export const SUPERPAGE_LAST = place(8);

/** What the PMP registers mean: entries up to the last that is on (i32), and of each the first 4-byte word and the one behind the last (f64). */
export const PMP_COUNT = place(8);
export const PMP_BOUNDS = place(16 * 16);

/** Stop requests. */
export const STOP_NONE = 0;
/** Interrupts and timers have to be looked at. */
export const STOP_RECHECK = 1;
export const STOP_WFI = 2;
export const STOP_POWER_OFF = 3;

/**
 * Records for an instruction that cannot run from the decode cache: one that crosses pages, or lies in ROM or in a page with
 * PMP rules finer than it. The first is the instruction, the others send the control back to a fetch.
 */
export const STRAY_RECORDS = place(4 * 16, 16);

// ---- Part 3: caches. ----

/** Bytes of a TLB entry: tag (i64), addend (i32), guest page (i32). */
export const TLB_ENTRY_BYTES = 16;
export const TLB_ENTRIES = 256;
export const TLB_TABLE_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;
/** Data TLBs: one pair (read, then write) for each of user, supervisor, supervisor with SUM, and untranslated machine mode. */
export const DATA_TLB_CONTEXTS = 4;
export const DATA_TLB_CONTEXT_BYTES = 2 * TLB_TABLE_BYTES;
export const DATA_TLBS = place(DATA_TLB_CONTEXTS * DATA_TLB_CONTEXT_BYTES, 4096);
/** Fetch TLBs by privilege: user, supervisor, (room), machine. Addend: absolute offset of the page's records. */
export const FETCH_TLBS = place(4 * TLB_TABLE_BYTES, 4096);
export const FETCH_TLB_BYTES = 4 * TLB_TABLE_BYTES;

/**
 * Which guest pages may be in a read or a write TLB: a bit for each page modulo PAGE_FILTER_PAGES. Most pages whose frame moves, or that become
 * code, are in none, and so need no search of the tables.
 */
export const PAGE_FILTER_PAGES = 8192;
export const PAGE_FILTER_BYTES = PAGE_FILTER_PAGES / 8;
export const READ_FILTER = place(PAGE_FILTER_BYTES, 8);
export const WRITE_FILTER = place(PAGE_FILTER_BYTES, 8);

/** Pages in the decode cache, direct mapped by guest page. Measured: see bench/emulator. */
export const DECODED_PAGES = 64;
export const RECORD_BYTES = 16;
/** One record for each 2-byte slot of a page. */
export const RECORDS_PER_PAGE = 2048;
/** The one entry in the fetch TLBs that leads to each slot: its offset in FETCH_TLBS + 1 (i32); 0: none, -1: several. */
export const DECODED_ENTRIES = place(DECODED_PAGES * 4, 4);
/** The records, the page-end record, and a skew so that equal offsets of neighbouring pages do not share cache sets. */
export const DECODED_PAGE_BYTES = RECORDS_PER_PAGE * RECORD_BYTES + 64;
/** Guest page + 1 that each slot of the decode cache holds (i32; 0: none). */
export const DECODED_TAGS = place(DECODED_PAGES * 4, 4);
export const DECODED_RECORDS = place(DECODED_PAGES * DECODED_PAGE_BYTES, 64);

/** Where the devices' states begin; board.ts gives each its place. */
export const DEVICES = place(0, 4096);

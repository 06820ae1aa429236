// Where things stand in the memory of a random program. One picture for the generator (which places them), the runner (which
// compares memory afterwards) and the reader of a failure.

/** RAM of QEMU's `virt` board starts here; with `-bios none` the first instruction of ours runs here. */
export const RAM_BASE = 0x8000_0000;
/** Small, so that comparing all of it is cheap; QEMU puts its device tree into the last 2 MiB block of it. */
export const RAM_BYTES = 8 << 20;
/** Memory is compared below this offset: the image and the first pages of the megapage behind it. Further up lies the device tree. */
export const COMPARED_BYTES = 0x21_0000;

export const IMAGE_BYTES = 0xc0000;
export const CODE_OFFSET = 0x1000;
export const CODE_LIMIT = 0x40000;
export const POOL_OFFSET = 0x40000;
export const POOL_LIMIT = 0x60000;
/** How often the machine's handler may still go on behind an instruction that trapped (handlers.ts). */
export const SKIPS_LEFT_OFFSET = 0x7f000;
/** Random bytes that loads and stores aim at. */
export const DATA_OFFSET = 0x80000;
export const DATA_PAGES = 8;
/** Pages full of `c.jr ra`, the playground of PMP regions. On a boundary of the largest region, and not next to the data. */
export const PMP_OFFSET = 0x8a000;
export const PMP_PAGES = 4;
export const TABLES_OFFSET = 0x90000;
/** Gibibyte 1 of the virtual address space is RAM for U mode; gibibyte 2 is RAM for S mode, at its physical address. */
export const USER_ALIAS = 0x4000_0000;
/** Behind the image: pages that snippets write code into, more of them than a decode cache or a TLB has room for. */
export const FAR_OFFSET = 0x10_0000;
export const FAR_PAGES = 256;
/** No device and no RAM here on either board. */
export const HOLE = 0x9000_0000;

export const CLINT_MSIP = 0x0200_0000;
export const CLINT_MTIMECMP = 0x0200_4000;
export const FINISHER = 0x0010_0000;
export const FINISHER_PASS = 0x5555;

// How the machine reaches the guest's physical pages. The VMM implements it with its backing table; the machine
// calls it only on slow paths (a TLB miss, a device's DMA) and keeps the answers in its TLBs until they are flushed.

/** 4 KiB, the page of Sv39 and the frame of the host (Privileged Architecture, section 4.4). */
export const PAGE_BYTES = 4096;

export interface GuestPages {
  /** Pages of RAM, from RAM_BASE up. */
  readonly ramPageCount: number;
  /** Pages of the block device's medium; they follow the RAM pages in numbering and are not visible as RAM. */
  readonly diskPageCount: number;
  /**
   * Absolute byte offset in host memory of the frame that holds `page`, for reading. A page that is absent or shared is
   * answered with a frame that must not be written (the zero frame, or the shared one).
   */
  readFrame(page: number): number;
  /**
   * Makes `page` present, private and logged as dirty, and answers its frame's absolute byte offset. Only the write TLB may keep it,
   * and only until `flushWriteTranslations`. The frame may differ from what `readFrame` gave before.
   */
  writeFrame(page: number): number;
}

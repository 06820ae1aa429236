// Physical addresses of the board that are not devices: QEMU's `virt`.

import { PAGE_BYTES } from './guest-pages.ts';

export const ROM_ADDRESS = 0x1000;
/** The ROM's window; behind what layout.ts keeps of it all bytes are 0. */
export const ROM_WINDOW_BYTES = 0xf000;
export const RAM_ADDRESS = 0x8000_0000;
export const RAM_FIRST_PAGE = RAM_ADDRESS / PAGE_BYTES;

// The CLINT's state bytes: msip. mtimecmp and the offset of the guest's time are saved with the core.

import { wordOutside } from '../state-words.ts';

export const CLINT_STATE_VERSION = 1;
export const CLINT_MSIP = 0;
export const CLINT_STATE_BYTES = 8;

export function validateClint(view: DataView, base: number): string | undefined {
  return wordOutside(view, base, CLINT_MSIP, 1, 'msip');
}

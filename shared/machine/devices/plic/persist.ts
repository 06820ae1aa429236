// The PLIC's state bytes, as words: priorities by source, then pending, claimed, the enables of each context, thresholds.

import { firstOf, wordOutside } from '../state-words.ts';

export const PLIC_STATE_VERSION = 1;
/** `riscv,ndev` of QEMU 7.2's board. Source 0 does not exist. */
export const PLIC_SOURCES = 96;
/** Words of pending and enable bits that its model has: source 96 has a priority there, but no bit, and can never fire. */
export const PLIC_WORDS = 3;
export const PLIC_CONTEXTS = 2;
/** Highest priority; priorities and thresholds have three bits. */
export const PLIC_PRIORITY_MASK = 7;

export const PRIORITY = 0;
export const PENDING = PRIORITY + (PLIC_SOURCES + 1) * 4;
export const CLAIMED = PENDING + PLIC_WORDS * 4;
export const ENABLE = CLAIMED + PLIC_WORDS * 4;
export const THRESHOLD = ENABLE + PLIC_CONTEXTS * PLIC_WORDS * 4;
export const PLIC_STATE_BYTES = Math.ceil((THRESHOLD + PLIC_CONTEXTS * 4) / 8) * 8;

export function validatePlic(view: DataView, base: number): string | undefined {
  const complaints: (string | undefined)[] = [wordOutside(view, base, PRIORITY, 0, 'priority of source 0')];
  for (let source = 1; source <= PLIC_SOURCES; source += 1) {
    const name = `priority of source ${source}`;
    complaints.push(wordOutside(view, base, PRIORITY + source * 4, PLIC_PRIORITY_MASK, name));
  }
  complaints.push(wordOutside(view, base, PENDING, ~1, 'pending'), wordOutside(view, base, CLAIMED, ~1, 'claimed'));
  for (let context = 0; context < PLIC_CONTEXTS; context += 1) {
    complaints.push(wordOutside(view, base, THRESHOLD + context * 4, PLIC_PRIORITY_MASK, `threshold ${context}`));
  }
  return firstOf(complaints);
}

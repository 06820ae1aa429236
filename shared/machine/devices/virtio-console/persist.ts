// The console's state bytes: the transport's and two queues', how much of the chain at hand has been sent, and the rings.

import { byteRingStateBytes, validateByteRing } from '../byte-ring.ts';
import { firstOf, wordAbove } from '../state-words.ts';
import { validateVirtio, virtioStateBytes } from '../virtio-mmio/mod.ts';

export const CONSOLE_STATE_VERSION = 1;
export const CONSOLE_QUEUES = 2;
export const CONSOLE_RING_BYTES = 4096;

/** Bytes of the first available transmit chain that are in the output ring already. */
export const C_SENT = virtioStateBytes(CONSOLE_QUEUES);
/** 1 while transmission waits for room in the output ring. */
export const C_WAITING = C_SENT + 4;
/** Queues that have to be looked at because the host has read or written since. */
export const C_UNSETTLED = C_SENT + 8;
export const UNSETTLED_RECEIVE = 1;
export const UNSETTLED_TRANSMIT = 2;
export const C_OUTPUT = C_SENT + 16;
export const C_INPUT = C_OUTPUT + byteRingStateBytes(CONSOLE_RING_BYTES);
export const CONSOLE_STATE_BYTES = C_INPUT + byteRingStateBytes(CONSOLE_RING_BYTES);

export function validateConsole(view: DataView, base: number): string | undefined {
  return firstOf([
    validateVirtio(view, base, CONSOLE_QUEUES),
    wordAbove(view, base, C_WAITING, 1, 'whether transmission waits'),
    wordAbove(view, base, C_UNSETTLED, UNSETTLED_RECEIVE | UNSETTLED_TRANSMIT, 'what is unsettled'),
    validateByteRing(view, base + C_OUTPUT, CONSOLE_RING_BYTES, 'the output ring'),
    validateByteRing(view, base + C_INPUT, CONSOLE_RING_BYTES, 'the input ring'),
  ]);
}

// The console's state bytes: the transport's and two queues', how much of the chain at hand has been sent, and the rings.

import { byteRingStateBytes, validateByteRing } from '../byte-ring.ts';
import { firstOf } from '../state-words.ts';
import { validateVirtio, virtioStateBytes } from '../virtio-mmio/mod.ts';

export const CONSOLE_STATE_VERSION = 1;
export const CONSOLE_QUEUES = 2;
export const CONSOLE_RING_BYTES = 4096;

/** Bytes of the first available transmit chain that are in the output ring already. */
export const C_SENT = virtioStateBytes(CONSOLE_QUEUES);
export const C_OUTPUT = C_SENT + 8;
export const C_INPUT = C_OUTPUT + byteRingStateBytes(CONSOLE_RING_BYTES);
export const CONSOLE_STATE_BYTES = C_INPUT + byteRingStateBytes(CONSOLE_RING_BYTES);

export function validateConsole(view: DataView, base: number): string | undefined {
  return firstOf([
    validateVirtio(view, base, CONSOLE_QUEUES),
    validateByteRing(view, base + C_OUTPUT, CONSOLE_RING_BYTES, 'the output ring'),
    validateByteRing(view, base + C_INPUT, CONSOLE_RING_BYTES, 'the input ring'),
  ]);
}

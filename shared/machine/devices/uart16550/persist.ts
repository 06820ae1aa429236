// The UART's state bytes: its registers, the receive FIFO, and the rings to and from the host.

import { byteRingStateBytes, validateByteRing } from '../byte-ring.ts';
import { firstOf } from '../state-words.ts';

export const UART_STATE_VERSION = 1;
/** Chosen: a screen of text, and as much typed ahead. */
export const UART_RING_BYTES = 4096;
export const FIFO_LENGTH = 16;

// One byte each.
export const S_IER = 0;
export const S_LCR = 1;
export const S_MCR = 2;
export const S_LSR = 3;
export const S_FCR = 4;
export const S_SCR = 5;
export const S_DLL = 6;
export const S_DLM = 7;
export const S_RBR = 8;
export const S_TRANSMIT_PENDING = 9;
export const S_TIMEOUT_PENDING = 10;
export const S_FIFO_COUNT = 11;
export const S_FIFO_FIRST = 12;
export const S_FIFO = 16;
export const S_OUTPUT = S_FIFO + FIFO_LENGTH;
export const S_INPUT = S_OUTPUT + byteRingStateBytes(UART_RING_BYTES);
export const UART_STATE_BYTES = S_INPUT + byteRingStateBytes(UART_RING_BYTES);

export function validateUart(view: DataView, base: number): string | undefined {
  const count = view.getUint8(base + S_FIFO_COUNT);
  const first = view.getUint8(base + S_FIFO_FIRST);
  return firstOf([
    count > FIFO_LENGTH ? `the receive FIFO claims ${count} of ${FIFO_LENGTH} bytes` : undefined,
    first >= FIFO_LENGTH ? `the receive FIFO begins at ${first}, behind its end` : undefined,
    validateByteRing(view, base + S_OUTPUT, UART_RING_BYTES, 'the output ring'),
    validateByteRing(view, base + S_INPUT, UART_RING_BYTES, 'the input ring'),
  ]);
}

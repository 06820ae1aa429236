// State bytes of a virtio device on MMIO: the transport's registers, then those of each queue, as 32-bit words. What is
// device specific follows behind. Ring addresses need no check here: each use of them is checked against RAM.

import { firstOf, wordAbove, wordOutside } from '../state-words.ts';

export const VIRTIO_STATE_VERSION = 1;
/** Entries of a queue at most, as QEMU's (its VIRTQUEUE_MAX_SIZE). */
export const QUEUE_MAX = 1024;

export const T_STATUS = 0;
export const T_INTERRUPT = 4;
export const T_DEVICE_FEATURES_SELECT = 8;
export const T_DRIVER_FEATURES_SELECT = 12;
export const T_QUEUE_SELECT = 16;
export const T_FEATURES_LOW = 20;
export const T_FEATURES_HIGH = 24;
export const T_GENERATION = 28;
/** 1 once the driver broke a rule: the device rests until it is reset. */
export const T_BROKEN = 32;
export const T_QUEUES = 40;

export const Q_NUM = 0;
export const Q_READY = 4;
export const Q_DESCRIPTORS_LOW = 8;
export const Q_DESCRIPTORS_HIGH = 12;
export const Q_AVAILABLE_LOW = 16;
export const Q_AVAILABLE_HIGH = 20;
export const Q_USED_LOW = 24;
export const Q_USED_HIGH = 28;
/** Next entry of the available ring to take, and of the used ring to fill (16 bits, they run freely). */
export const Q_TAKEN = 32;
export const Q_USED = 36;
/** Q_USED when an interrupt was last considered, and whether that is known. */
export const Q_SIGNALLED = 40;
export const Q_SIGNALLED_IS_KNOWN = 44;
export const QUEUE_STATE_BYTES = 48;

export function virtioStateBytes(queues: number): number {
  return T_QUEUES + queues * QUEUE_STATE_BYTES;
}

export function validateVirtio(view: DataView, base: number, queues: number): string | undefined {
  const complaints = [
    wordOutside(view, base, T_STATUS, 0xff, 'the device status'),
    wordOutside(view, base, T_INTERRUPT, 3, 'the interrupt status'),
    wordAbove(view, base, T_BROKEN, 1, 'the mark of a broken driver'),
  ];
  for (let queue = 0; queue < queues; queue += 1) {
    const at = base + T_QUEUES + queue * QUEUE_STATE_BYTES;
    const size = view.getUint32(at + Q_NUM, true);
    const ready = view.getUint32(at + Q_READY, true) !== 0;
    complaints.push(
      wordAbove(view, at, Q_READY, 1, `queue ${queue}: ready`),
      wordAbove(view, at, Q_NUM, QUEUE_MAX, `queue ${queue}: the size`),
      ready && !isQueueSize(size) ? `queue ${queue}: ${size} entries are not a power of two` : undefined,
      wordAbove(view, at, Q_TAKEN, 0xffff, `queue ${queue}: the available index`),
      wordAbove(view, at, Q_USED, 0xffff, `queue ${queue}: the used index`),
      wordAbove(view, at, Q_SIGNALLED, 0xffff, `queue ${queue}: the signalled index`),
      wordAbove(view, at, Q_SIGNALLED_IS_KNOWN, 1, `queue ${queue}: whether the signalled index is known`),
    );
  }
  return firstOf(complaints);
}

/** A power of two up to the maximum (Virtual I/O Device specification 1.1, section 2.6). */
export function isQueueSize(entries: number): boolean {
  return entries > 0 && entries <= QUEUE_MAX && (entries & (entries - 1)) === 0;
}

// The block device's state bytes: the transport's and one queue's, and whether writes are cached. The medium is not here: it is pages of the VM.

import { firstOf, wordAbove } from '../state-words.ts';
import { validateVirtio, virtioStateBytes } from '../virtio-mmio/mod.ts';

export const BLOCK_STATE_VERSION = 1;
export const BLOCK_QUEUES = 1;
/** The `writeback` field of the configuration space. */
export const B_WRITEBACK = virtioStateBytes(BLOCK_QUEUES);
export const BLOCK_STATE_BYTES = B_WRITEBACK + 8;

export function validateBlock(view: DataView, base: number): string | undefined {
  return firstOf([
    validateVirtio(view, base, BLOCK_QUEUES),
    wordAbove(view, base, B_WRITEBACK, 1, 'the write cache mode'),
  ]);
}

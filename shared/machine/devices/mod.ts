// The devices of the board: QEMU's `virt`, as far as real systems use it. The core makes each over its own bytes of the VM's block and gives
// it its window of addresses.

import { clint } from './clint/mod.ts';
import type { DeviceType } from './device.ts';
import { plic } from './plic/mod.ts';
import { testFinisher } from './test-finisher/mod.ts';
import { uart16550 } from './uart16550/mod.ts';
import { virtioBlock } from './virtio-block/mod.ts';
import { virtioConsole } from './virtio-console/mod.ts';
import { emptyVirtioSlots } from './virtio-mmio/mod.ts';

/** In the order of their states in the block; a new one goes to the end. */
export const virtBoardDevices: readonly DeviceType[] = [
  plic,
  clint,
  uart16550,
  testFinisher,
  virtioBlock,
  virtioConsole,
  ...emptyVirtioSlots(2),
];

export { CLINT_ADDRESS } from './clint/mod.ts';
export * from './device.ts';
export { type BoardTreeOptions, boardDeviceTree } from './device-tree/mod.ts';
export { type InterruptController, PLIC_ADDRESS, plic } from './plic/mod.ts';
export { TEST_FINISHER_ADDRESS } from './test-finisher/mod.ts';
export { UART_ADDRESS, UART_INTERRUPT } from './uart16550/mod.ts';
export { BLOCK_SLOT } from './virtio-block/mod.ts';
export { CONSOLE_SLOT } from './virtio-console/mod.ts';
export { VIRTIO_ADDRESS, VIRTIO_SLOT_BYTES } from './virtio-mmio/mod.ts';

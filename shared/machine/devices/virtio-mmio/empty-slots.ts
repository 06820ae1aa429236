// The slots with nothing in them. Drivers find the magic number, a version and device id 0, which says "no device here", and leave
// them alone (Virtual I/O Device specification 1.1, section 4.2.3.1.1).

import type { Device, DeviceType } from '../device.ts';
import {
  MAGIC_VALUE,
  MMIO_VERSION,
  VENDOR_ID,
  VIRTIO_ADDRESS,
  VIRTIO_REGISTER_BYTES,
  VIRTIO_SLOT_BYTES,
  VIRTIO_SLOTS,
} from './virtio-mmio.ts';

/** Device types for slots `first` to the last. */
export function emptyVirtioSlots(first: number): DeviceType[] {
  return Array.from({ length: VIRTIO_SLOTS - first }, (_, index) => emptyVirtioSlot(first + index));
}

function emptyVirtioSlot(slot: number): DeviceType {
  const device: Device = {
    name: `virtio-slot-${slot}`,
    address: VIRTIO_ADDRESS + slot * VIRTIO_SLOT_BYTES,
    size: VIRTIO_REGISTER_BYTES,
    accessSizes: 1 | 2 | 4 | 8,
    read(offset, size) {
      if (size !== 4) return 0;
      switch (offset) {
        case 0x0:
          return MAGIC_VALUE;
        case 0x4:
          return MMIO_VERSION;
        case 0xc:
          return VENDOR_ID;
        default:
          return 0;
      }
    },
    write() {
      // Nothing is there to take it.
    },
    reset() {
      // Without state.
    },
  };
  return {
    name: device.name,
    stateBytes: 0,
    stateVersion: 1,
    validateState: () => undefined,
    create: () => device,
  };
}

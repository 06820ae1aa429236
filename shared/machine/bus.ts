// What answers physical addresses that are not RAM: the ROM and the devices. The slow path of loads and stores and the fetch from
// ROM come here; everything else is an access fault.

import type { Block } from './block.ts';
import { ROM_ADDRESS, ROM_WINDOW_BYTES } from './board-map.ts';
import type { Device } from './devices/device.ts';
import { ROM, ROM_BYTES, SCRATCH } from './layout.ts';

export class Bus {
  readonly #block: Block;
  readonly #devices: readonly Device[];

  constructor(block: Block, devices: readonly Device[]) {
    this.#block = block;
    this.#devices = devices;
  }

  /** Leaves the value in SCRATCH, zero-extended to 8 bytes. False when nothing is there. The address is aligned. */
  read(address: number, bytes: number): boolean {
    if (inRom(address)) {
      this.#block.setHalves(
        SCRATCH,
        this.#rom(address, Math.min(bytes, 4)),
        bytes === 8 ? this.#rom(address + 4, 4) : 0,
      );
      return true;
    }
    const device = this.#deviceAt(address, bytes);
    if (device === undefined) return false;
    const offset = address - device.address;
    const low = device.read(offset, Math.min(bytes, 4));
    this.#block.setHalves(SCRATCH, low, bytes === 8 ? device.read(offset + 4, 4) : 0);
    return true;
  }

  /** Takes the value from SCRATCH. */
  write(address: number, bytes: number): boolean {
    // As QEMU's board does, the ROM lets writes pass without effect.
    if (inRom(address)) return true;
    const device = this.#deviceAt(address, bytes);
    if (device === undefined) return false;
    const offset = address - device.address;
    const low = this.#block.int(SCRATCH);
    const high = this.#block.high(SCRATCH);
    device.write(offset, Math.min(bytes, 4), bytes === 1 ? low & 0xff : bytes === 2 ? low & 0xffff : low >>> 0);
    if (bytes === 8) device.write(offset + 4, 4, high >>> 0);
    return true;
  }

  /** Two bytes of code in ROM; undefined when it is not ROM. */
  fetchHalf(address: number): number | undefined {
    return inRom(address) ? this.#rom(address, 2) : undefined;
  }

  #rom(address: number, bytes: number): number {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) {
      const offset = address - ROM_ADDRESS + index;
      value = (value << 8) | (offset < ROM_BYTES ? this.#block.host.bytes[this.#block.base + ROM + offset]! : 0);
    }
    return value;
  }

  #deviceAt(address: number, bytes: number): Device | undefined {
    for (const device of this.#devices) {
      if (address < device.address || address + bytes > device.address + device.size) continue;
      return (device.accessSizes & bytes) === 0 ? undefined : device;
    }
    return undefined;
  }
}

const inRom = (address: number): boolean => address >= ROM_ADDRESS && address < ROM_ADDRESS + ROM_WINDOW_BYTES;

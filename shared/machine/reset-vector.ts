// The first instructions after power-on: the ROM at 0x1000, bit for bit that of QEMU 7.2's `virt` without firmware (hw/riscv/boot.c,
// riscv_setup_rom_reset_vec), so that a guest starts with the same registers: a0 the hart, a1 the device tree, then a jump to the entry.

import { ROM_BYTES } from './layout.ts';

const CODE = [
  0x00000297, // auipc t0, 0
  0x02828613, // addi  a2, t0, 40: the dynamic firmware information
  0xf1402573, // csrr  a0, mhartid
  0x0202b583, // ld    a1, 32(t0)
  0x0182b283, // ld    t0, 24(t0)
  0x00028067, // jr    t0
] as const;
const ENTRY_AT = 24;
const DEVICE_TREE_AT = 32;
const FIRMWARE_AT = 40;
/** OpenSBI's struct fw_dynamic_info: magic, version, next address, next mode (supervisor), options, boot hart. */
const FIRMWARE = [0x4942534fn, 2n, 0n, 1n, 0n, 0n] as const;

export function resetVector(entry: number, deviceTree: number): Uint8Array {
  const rom = new Uint8Array(ROM_BYTES);
  const view = new DataView(rom.buffer);
  CODE.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  view.setBigUint64(ENTRY_AT, BigInt(entry), true);
  view.setBigUint64(DEVICE_TREE_AT, BigInt(deviceTree), true);
  FIRMWARE.forEach((word, index) => {
    view.setBigUint64(FIRMWARE_AT + index * 8, word, true);
  });
  return rom;
}

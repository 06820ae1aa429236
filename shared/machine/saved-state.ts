// The machine as a file: a header, part 1 of the block, and each device's state with its name and version, closed by a CRC. It holds
// what the guest can see except pages of RAM and disk, and nothing that depends on the host: no frame numbers, no caches. What
// comes back may be from another host or another version, so all of it is checked before a byte is used.

import { assert } from './assert.ts';
import type { Block } from './block.ts';
import { deviceOffsets, EXIT_REASONS } from './board.ts';
import { MSTATUS_MPP, MSTATUS_MPP_SHIFT, PRIVILEGE_MACHINE } from './csr-bits.ts';
import { virtBoardDevices } from './devices/mod.ts';
import { MachineError } from './errors.ts';
import * as layout from './layout.ts';

const MAGIC = 0x4d53_4f4c;
/** Grows when part 1 of the layout or its meaning changes. */
const FORMAT_VERSION = 1;
const HEADER_BYTES = 40;
const NAME_BYTES = 32;
const DEVICE_HEADER_BYTES = NAME_BYTES + 8;
const CRC_BYTES = 4;
const INVALID_PRIVILEGE = 2;
const CRC_POLYNOMIAL = 0xedb8_8320;

const TOTAL_BYTES =
  HEADER_BYTES +
  layout.SAVED_BYTES +
  virtBoardDevices.reduce((bytes, { stateBytes }) => bytes + DEVICE_HEADER_BYTES + stateBytes, 0) +
  CRC_BYTES;

const bad = (problem: string): MachineError => new MachineError('MACHINE_BAD_STATE', problem);

export function saveState(block: Block): Uint8Array {
  const saved = new Uint8Array(TOTAL_BYTES);
  const view = new DataView(saved.buffer);
  const { bytes } = block.host;
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT_VERSION, true);
  view.setUint32(8, TOTAL_BYTES, true);
  view.setUint32(12, layout.SAVED_BYTES, true);
  view.setFloat64(16, block.double(layout.RAM_BYTES), true);
  view.setFloat64(24, block.double(layout.DISK_BYTES), true);
  view.setUint32(32, virtBoardDevices.length, true);
  saved.set(bytes.subarray(block.base, block.base + layout.SAVED_BYTES), HEADER_BYTES);
  view.setBigUint64(HEADER_BYTES + layout.X_SINK, 0n, true);
  let at = HEADER_BYTES + layout.SAVED_BYTES;
  virtBoardDevices.forEach(({ name, stateBytes, stateVersion }, index) => {
    const encoded = new TextEncoder().encode(name);
    assert(encoded.length <= NAME_BYTES, 'a device has a short name');
    saved.set(encoded, at);
    view.setUint32(at + NAME_BYTES, stateVersion, true);
    view.setUint32(at + NAME_BYTES + 4, stateBytes, true);
    at += DEVICE_HEADER_BYTES;
    const from = block.base + deviceOffsets[index]!;
    saved.set(bytes.subarray(from, from + stateBytes), at);
    at += stateBytes;
  });
  view.setUint32(at, crc32(saved.subarray(0, at)), true);
  return saved;
}

/** Puts a saved machine into the block, or throws and leaves it as it was. The caller flushes the caches. */
export function loadState(block: Block, saved: Uint8Array): void {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  checkHeader(block, saved, view);
  checkFields(view);
  checkDevices(view, saved);
  const { bytes } = block.host;
  bytes.set(saved.subarray(HEADER_BYTES, HEADER_BYTES + layout.SAVED_BYTES), block.base);
  let at = HEADER_BYTES + layout.SAVED_BYTES;
  virtBoardDevices.forEach(({ stateBytes }, index) => {
    at += DEVICE_HEADER_BYTES;
    bytes.set(saved.subarray(at, at + stateBytes), block.base + deviceOffsets[index]!);
    at += stateBytes;
  });
}

function checkHeader(block: Block, saved: Uint8Array, view: DataView): void {
  if (saved.length < HEADER_BYTES + CRC_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw bad('these bytes are not a saved machine');
  }
  const version = view.getUint32(4, true);
  if (version !== FORMAT_VERSION) throw bad(`its format has version ${version}; this program reads ${FORMAT_VERSION}`);
  const length = view.getUint32(8, true);
  if (length !== saved.length) throw bad(`it says it has ${length} bytes, but ${saved.length} are there`);
  if (view.getUint32(saved.length - CRC_BYTES, true) !== crc32(saved.subarray(0, saved.length - CRC_BYTES))) {
    throw bad('its checksum is wrong, so it was damaged on the way');
  }
  if (length !== TOTAL_BYTES || view.getUint32(12, true) !== layout.SAVED_BYTES) {
    throw bad('it was saved by a program with other devices or another layout');
  }
  const ramBytes = view.getFloat64(16, true);
  const diskBytes = view.getFloat64(24, true);
  if (ramBytes !== block.double(layout.RAM_BYTES) || diskBytes !== block.double(layout.DISK_BYTES)) {
    throw bad(`it has ${ramBytes} bytes of RAM and ${diskBytes} of disk, not those of the machine it is loaded into`);
  }
}

/** What generated code and slow paths take for granted. */
function checkFields(view: DataView): void {
  const int = (offset: number): number => view.getInt32(HEADER_BYTES + offset, true);
  const mode = int(layout.MODE);
  if (mode < 0 || mode > PRIVILEGE_MACHINE || mode === INVALID_PRIVILEGE) throw bad(`there is no privilege ${mode}`);
  if ((int(layout.MSTATUS) & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT === INVALID_PRIVILEGE)
    throw bad('mstatus.MPP is invalid');
  if ((int(layout.HALTED) & ~1) !== 0) throw bad('it neither waits nor runs');
  if (int(layout.EXIT_REASON) < 0 || int(layout.EXIT_REASON) > EXIT_REASONS.length)
    throw bad('its exit reason is invalid');
  if (view.getBigUint64(HEADER_BYTES + layout.X, true) !== 0n) throw bad('x0 is not 0');
  if ((int(layout.PC) & 1) !== 0) throw bad('pc is odd');
  for (const offset of [layout.EXECUTED_TOTAL, layout.TRAPPED_TOTAL, layout.TIME_OFFSET_TICKS]) {
    if (!Number.isSafeInteger(view.getFloat64(HEADER_BYTES + offset, true)))
      throw bad('a counter is not a whole number');
  }
}

function checkDevices(view: DataView, saved: Uint8Array): void {
  if (view.getUint32(32, true) !== virtBoardDevices.length) throw bad('it has another number of devices');
  let at = HEADER_BYTES + layout.SAVED_BYTES;
  for (const type of virtBoardDevices) {
    const name = new TextDecoder().decode(saved.subarray(at, at + NAME_BYTES)).replace(/\0+$/, '');
    const version = view.getUint32(at + NAME_BYTES, true);
    const bytes = view.getUint32(at + NAME_BYTES + 4, true);
    if (name !== type.name || version !== type.stateVersion || bytes !== type.stateBytes) {
      const own = `${type.name} version ${type.stateVersion} (${type.stateBytes} bytes)`;
      throw bad(`it has the device ${name} version ${version} (${bytes} bytes) where this program has ${own}`);
    }
    at += DEVICE_HEADER_BYTES;
    const problem = type.validateState(view, at);
    if (problem !== undefined) throw bad(`the state of ${name} is invalid: ${problem}`);
    at += bytes;
  }
}

const crcTable: Int32Array = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ CRC_POLYNOMIAL;
  return value;
});

/** CRC-32 of ISO-HDLC, as in gzip. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

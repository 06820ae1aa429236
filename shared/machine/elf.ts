// Reads the loadable segments of an ELF64 executable (System V ABI, chapters 4 and 5; RISC-V ELF psABI). Images come from users: what
// is wrong with one is said, and nothing is loaded of it.

import { RAM_ADDRESS } from './board-map.ts';
import { MachineError } from './errors.ts';

export interface ElfSegment {
  readonly address: number;
  readonly content: Uint8Array;
  /** In memory it may be longer than in the file; the rest is 0. */
  readonly memoryBytes: number;
}

export interface ElfImage {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const MACHINE_RISCV = 243;
const SEGMENT_LOAD = 1;

const bad = (problem: string): MachineError => new MachineError('MACHINE_BAD_IMAGE', problem);

export function readElf(elf: Uint8Array, ramBytes: number): ElfImage {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  if (elf.length < HEADER_BYTES || view.getUint32(0) !== MAGIC) throw bad('it does not begin with an ELF header');
  if (elf[4] !== CLASS_64 || elf[5] !== LITTLE_ENDIAN) throw bad('it is an ELF file, but not 64-bit little-endian');
  const machine = view.getUint16(18, true);
  if (machine !== MACHINE_RISCV) throw bad(`it is for machine ${machine}, not RISC-V (${MACHINE_RISCV})`);
  const tableAt = Number(view.getBigUint64(32, true));
  const entryBytes = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (entryBytes < PROGRAM_HEADER_BYTES || tableAt + count * entryBytes > elf.length) {
    throw bad('its program headers lie outside the file');
  }
  const segments: ElfSegment[] = [];
  for (let index = 0; index < count; index++) {
    const at = tableAt + index * entryBytes;
    if (view.getUint32(at, true) === SEGMENT_LOAD) segments.push(readSegment(elf, view, at, ramBytes));
  }
  if (segments.length === 0) throw bad('it has no segment to load');
  return { entry: Number(view.getBigUint64(24, true)), segments };
}

function readSegment(elf: Uint8Array, view: DataView, at: number, ramBytes: number): ElfSegment {
  const fileAt = Number(view.getBigUint64(at + 8, true));
  const address = Number(view.getBigUint64(at + 24, true));
  const fileBytes = Number(view.getBigUint64(at + 32, true));
  const memoryBytes = Number(view.getBigUint64(at + 40, true));
  if (fileBytes > memoryBytes || fileAt + fileBytes > elf.length) throw bad('a segment lies outside the file');
  if (address < RAM_ADDRESS || address + memoryBytes > RAM_ADDRESS + ramBytes) {
    const range = `0x${address.toString(16)}..0x${(address + memoryBytes).toString(16)}`;
    const ram = `0x${RAM_ADDRESS.toString(16)}..0x${(RAM_ADDRESS + ramBytes).toString(16)}`;
    throw bad(`a segment goes to ${range}, and RAM is ${ram}`);
  }
  return { address, content: elf.subarray(fileAt, fileAt + fileBytes), memoryBytes };
}

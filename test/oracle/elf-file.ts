// The smallest ELF file that both machines load: one segment at RAM_BASE, entered at its first byte. Source: System V ABI, chapter 4.

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const FILE_OFFSET = 0x1000;
const EM_RISCV = 243;
const EF_RISCV_RVC = 1;

export const elfFile = (image: Uint8Array, address: number): Uint8Array => {
  const file = new Uint8Array(FILE_OFFSET + image.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(address), true);
  view.setBigUint64(32, BigInt(ELF_HEADER_BYTES), true);
  view.setUint32(48, EF_RISCV_RVC, true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  const header = ELF_HEADER_BYTES;
  view.setUint32(header, 1, true);
  view.setUint32(header + 4, 7, true);
  view.setBigUint64(header + 8, BigInt(FILE_OFFSET), true);
  view.setBigUint64(header + 16, BigInt(address), true);
  view.setBigUint64(header + 24, BigInt(address), true);
  view.setBigUint64(header + 32, BigInt(image.length), true);
  view.setBigUint64(header + 40, BigInt(image.length), true);
  view.setBigUint64(header + 48, BigInt(FILE_OFFSET), true);
  file.set(image, FILE_OFFSET);
  return file;
};

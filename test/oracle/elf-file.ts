// The smallest ELF file that both machines load: one segment at an address, entered at its first byte, with symbols if wanted. Source:
// System V ABI, chapter 4.

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const FILE_OFFSET = 0x1000;
const EM_RISCV = 243;
const EF_RISCV_RVC = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;

/** Section headers (none, symbols, names), then the symbols, then their names. */
const symbolSections = (symbols: Readonly<Record<string, number>>, at: number): Uint8Array => {
  const entries = Object.entries(symbols);
  const names = new TextEncoder().encode(`\0${entries.map(([name]) => `${name}\0`).join('')}`);
  const tableAt = 3 * SECTION_HEADER_BYTES;
  const tableBytes = (entries.length + 1) * SYMBOL_BYTES;
  const namesAt = tableAt + tableBytes;
  const bytes = new Uint8Array(namesAt + names.length);
  const view = new DataView(bytes.buffer);
  const header = (index: number, type: number, offset: number, length: number, link: number): void => {
    const start = index * SECTION_HEADER_BYTES;
    view.setUint32(start + 4, type, true);
    view.setBigUint64(start + 24, BigInt(at + offset), true);
    view.setBigUint64(start + 32, BigInt(length), true);
    view.setUint32(start + 40, link, true);
  };
  header(1, SHT_SYMTAB, tableAt, tableBytes, 2);
  header(2, SHT_STRTAB, namesAt, names.length, 0);
  let nameOffset = 1;
  entries.forEach(([name, value], index) => {
    const start = tableAt + (index + 1) * SYMBOL_BYTES;
    view.setUint32(start, nameOffset, true);
    view.setBigUint64(start + 8, BigInt(value), true);
    nameOffset += name.length + 1;
  });
  bytes.set(names, namesAt);
  return bytes;
};

export const elfFile = (
  image: Uint8Array,
  address: number,
  symbols: Readonly<Record<string, number>> = {},
): Uint8Array => {
  const sectionsAt = FILE_OFFSET + Math.ceil(image.length / 8) * 8;
  const sections = symbolSections(symbols, sectionsAt);
  const file = new Uint8Array(sectionsAt + sections.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(address), true);
  view.setBigUint64(32, BigInt(ELF_HEADER_BYTES), true);
  view.setBigUint64(40, BigInt(sectionsAt), true);
  view.setUint32(48, EF_RISCV_RVC, true);
  view.setUint16(52, ELF_HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, 3, true);
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
  file.set(sections, sectionsAt);
  return file;
};

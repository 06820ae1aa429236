// What `isa-test` has to know of an ELF file beyond its segments: whether it is a program of the kind that reports through `tohost`, and
// where that word is. Source: System V ABI, chapter 4 (symbol tables); the riscv-tests README for the convention.

export interface TohostProgram {
  /** Physical addresses of the two words. */
  readonly tohost: number;
  /** Where the test listens for answers; absent in programs that need none. */
  readonly fromhost: number | undefined;
}

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const MAGIC = 0x7f454c46;
const CLASS_32 = 1;
const MACHINE_RISCV = 243;
const SECTION_SYMBOLS = 2;

/** Why a file is not run. */
export type NotATest = { readonly reason: string };

export function readTohostProgram(content: Uint8Array): TohostProgram | NotATest {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < HEADER_BYTES || view.getUint32(0) !== MAGIC) return { reason: 'not an ELF file' };
  if (content[4] === CLASS_32) return { reason: 'a 32-bit ELF file' };
  if (view.getUint16(18, true) !== MACHINE_RISCV) return { reason: 'not for RISC-V' };
  const symbols = readSymbols(content, view);
  const tohost = symbols.get('tohost');
  if (tohost === undefined) return { reason: 'no symbol tohost' };
  return { tohost, fromhost: symbols.get('fromhost') };
}

function readSymbols(content: Uint8Array, view: DataView): Map<string, number> {
  const symbols = new Map<string, number>();
  const sectionsAt = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  if (sectionsAt === 0 || sectionsAt + count * SECTION_HEADER_BYTES > content.length) return symbols;
  const section = (index: number): { at: number; bytes: number; type: number; link: number } => {
    const header = sectionsAt + index * SECTION_HEADER_BYTES;
    return {
      at: Number(view.getBigUint64(header + 24, true)),
      bytes: Number(view.getBigUint64(header + 32, true)),
      type: view.getUint32(header + 4, true),
      link: view.getUint32(header + 40, true),
    };
  };
  for (let index = 0; index < count; index++) {
    const table = section(index);
    if (table.type !== SECTION_SYMBOLS || table.link >= count) continue;
    const names = section(table.link);
    if (table.at + table.bytes > content.length || names.at + names.bytes > content.length) continue;
    for (let at = table.at; at + SYMBOL_BYTES <= table.at + table.bytes; at += SYMBOL_BYTES) {
      const nameAt = names.at + view.getUint32(at, true);
      const end = content.indexOf(0, nameAt);
      if (end === -1 || end > names.at + names.bytes) continue;
      const name = new TextDecoder().decode(content.subarray(nameAt, end));
      if (name === 'tohost' || name === 'fromhost') symbols.set(name, Number(view.getBigUint64(at + 8, true)));
    }
  }
  return symbols;
}

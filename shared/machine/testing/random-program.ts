// Random programs from the semantics table: each word is an instruction's fixed bits and random operands, so that nothing
// the table holds is left out. Where control lands is a trap handler that goes on behind the instruction, or at the
// start when it was a fetch that trapped. For properties of the machine against itself; QEMU is compared with elsewhere.

import fc from 'fast-check';
import { RAM_ADDRESS } from '../board-map.ts';
import { PAGE_BYTES } from '../guest-pages.ts';
import { MIP_MTIP } from '../interrupts.ts';
import type { Machine } from '../machine.ts';
import { instructions } from '../semantics/table.ts';
import { addi, auipc, beq, bge, csrrc, csrrs, csrrw, jal, lui, MRET, program } from './assemble.ts';

const HANDLER = RAM_ADDRESS;
/** JALR jumps from here. */
const CODE_POINTER = 3;
const CODE = RAM_ADDRESS + PAGE_BYTES;
const DATA = RAM_ADDRESS + 8 * PAGE_BYTES;
const TABLES = RAM_ADDRESS + 16 * PAGE_BYTES;
const MAPPED_PAGES = 24;
const T0 = 5;
const MSTATUS = 0x300;
const MIE = 0x304;
const MTVEC = 0x305;
const MSCRATCH = 0x340;
const MEPC = 0x341;
const MCAUSE = 0x342;
const SATP = 0x180;
const PMPCFG0 = 0x3a0;
const PMPADDR0 = 0x3b0;
const CODE_WORDS = (2 * PAGE_BYTES) / 4;
const WORDS_MAXIMUM = 1200;

/** Registers that point into RAM keep most accesses there; these are where the base registers start. */
const POINTERS = [8, 9, 10, 11, 12, 13, 14, 15] as const;

export interface RandomProgram {
  readonly words: readonly number[];
  readonly registers: readonly bigint[];
  /** When mtimecmp falls due, in ticks from the start. */
  readonly timer: number;
  /** Privilege at the start; below machine mode through a page table. */
  readonly mode: 0 | 1 | 3;
}

/** CSRs whose change leaves the handler its place and the machine its memory. */
const CSRS = [
  0x100, 0x104, 0x106, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180, 0x300, 0x301, 0x303, 0x304, 0x306, 0x320, 0x342, 0x343,
  0x344, 0xb00, 0xb02, 0xc00, 0xc01, 0xc02, 0xf14, 0x7ff,
] as const;
const WFI_SHARE = 200;

const common = instructions.filter(({ name }) => name !== 'wfi');
const wfi = instructions.filter(({ name }) => name === 'wfi');

const word: fc.Arbitrary<number> = fc
  .tuple(
    fc.oneof(
      { weight: WFI_SHARE, arbitrary: fc.constantFrom(...common) },
      { weight: 1, arbitrary: fc.constantFrom(...wfi) },
    ),
    fc.integer(),
    fc.constantFrom(...POINTERS),
    fc.constantFrom(...CSRS),
  )
  .map(([{ name, flow, match, mask }, random, pointer, csr]) => {
    let operands = random;
    // Base registers that point into RAM and stay so, small offsets, near targets, CSRs that exist: or little would be left to see.
    if (/^(l|s)[bhwd]u?$|^amo|^lr|^sc/.test(name)) operands = (operands & ~0xf8000 & ~(1 << 31)) | (pointer << 15);
    if (/^csr/.test(name)) operands = (operands & 0xfffff) | (csr << 20);
    if (flow === 'indirect') operands = (operands & 0x1fff_ffff & ~0xf8000 & ~(3 << 20)) | (CODE_POINTER << 15);
    // Forward and by 8 at least.
    if (flow === 'branch') operands = (operands & 0x01ff_feff) | (1 << 10);
    else if (flow === 'jump') operands = (operands & 0x03c0_0fff) | (1 << 23);
    if (flow !== 'branch' && !/^s[bhwd]$/.test(name)) operands |= 1 << 11;
    return (match | (operands & ~mask)) >>> 0;
  });

export const randomProgram: fc.Arbitrary<RandomProgram> = fc.record({
  words: fc.array(word, { minLength: 20, maxLength: WORDS_MAXIMUM, size: 'max' }),
  registers: fc.array(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), { minLength: 32, maxLength: 32 }),
  timer: fc.integer({ min: 0, max: 400 }),
  mode: fc.constantFrom(0, 1, 3),
});

/** mepc += 4, or machine mode at CODE after a fetch that trapped; after an interrupt back to where it came from, with MTIE off. */
const handler: readonly number[] = [
  csrrw(T0, MSCRATCH, T0),
  csrrs(T0, MCAUSE, 0),
  bge(T0, 0, 20), // an exception?
  addi(T0, 0, MIP_MTIP),
  csrrc(0, MIE, T0),
  csrrw(T0, MSCRATCH, T0),
  MRET,
  addi(T0, T0, -1), // a fetch that found nothing?
  beq(T0, 0, 32),
  addi(T0, T0, -11), // or no page?
  beq(T0, 0, 24),
  csrrs(T0, MEPC, 0),
  addi(T0, T0, 4),
  csrrw(0, MEPC, T0),
  csrrw(T0, MSCRATCH, T0),
  MRET,
  auipc(T0, 1),
  addi(T0, T0, -16 * 4),
  csrrw(0, MEPC, T0),
  lui(T0, 2),
  addi(T0, T0, -0x800),
  csrrs(0, MSTATUS, T0),
  csrrw(T0, MSCRATCH, T0),
  MRET,
];

/** RAM mapped onto itself in pages of 4 KiB, none accessed or written yet; every fourth one is read-only. */
function pageTable(forUser: boolean): { readonly address: number; readonly content: Uint8Array }[] {
  const pointer = (table: number): bigint => BigInt(table / PAGE_BYTES) * 1024n + 1n;
  const tables = [0, 1, 2].map((index) => ({
    address: TABLES + index * PAGE_BYTES,
    content: new Uint8Array(PAGE_BYTES),
  }));
  const set = (table: number, index: number, entry: bigint): void =>
    new DataView(tables[table]!.content.buffer).setBigUint64(index * 8, entry, true);
  set(0, 2, pointer(TABLES + PAGE_BYTES));
  set(1, 0, pointer(TABLES + 2 * PAGE_BYTES));
  for (let page = 0; page < MAPPED_PAGES; page++) {
    const permissions = (page % 4 === 3 ? 0xbn : 0xfn) | (forUser ? 0x10n : 0n);
    set(2, page, BigInt(RAM_ADDRESS / PAGE_BYTES + page) * 1024n + permissions);
  }
  return tables;
}

/** The rest of the code's pages: from everywhere back to the start. */
function backToCode(from: number): number[] {
  return Array.from({ length: CODE_WORDS - from }, (_, index) => jal(0, -4 * (from + index)));
}

/** Everything but mtimecmp, which belongs to the block. */
export function loadRandomProgram(machine: Machine, { words, registers, mode }: RandomProgram): void {
  machine.writeMemory(HANDLER, program(...handler));
  machine.writeMemory(CODE, program(...words, ...backToCode(words.length)));
  for (const { address, content } of pageTable(mode === 0)) machine.writeMemory(address, content);
  machine.setCsr(MTVEC, BigInt(HANDLER));
  machine.setCsr(MIE, 0xaaan);
  machine.setCsr(MSTATUS, 0x8n);
  machine.setCsr(PMPADDR0, (1n << 54n) - 1n);
  machine.setCsr(PMPCFG0, 0x1fn);
  if (mode !== 3) machine.setCsr(SATP, (8n << 60n) | BigInt(TABLES / PAGE_BYTES));
  registers.forEach((value, index) => {
    if (index > 0) machine.setX(index, value);
  });
  for (const pointer of POINTERS) machine.setX(pointer, BigInt(DATA + (pointer - POINTERS[0]) * 0x7f8));
  machine.setX(CODE_POINTER, BigInt(CODE));
  machine.privilege = mode;
  machine.pc = BigInt(CODE);
}

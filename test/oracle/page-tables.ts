// Random Sv39 page tables, built into the image of a program: sane mappings of the code for S and U mode, and beside them pages,
// superpages and pointers with every permission, with A and D clear, misaligned, reserved, invalid. Source: The RISC-V Instruction
// Set Manual, volume II, sections 12.3.2 and 12.4. Tables lie in RAM and are mapped readable at most (see csr-table.ts).

import type { Assembler } from './assembler.ts';
import { CODE_OFFSET, DATA_OFFSET, DATA_PAGES, HOLE, RAM_BASE, TABLES_OFFSET } from './layout.ts';
import type { SeededRandom } from './seeded-random.ts';

const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const G = 32n;
const A = 64n;
const D = 128n;

const ROOT = TABLES_OFFSET;
const MIDDLE = TABLES_OFFSET + 0x1000;
const LEAVES = [TABLES_OFFSET + 0x2000, TABLES_OFFSET + 0x3000] as const;
/** Tables for the pages on both sides of virtual address 2^32, where the low half of an address wraps. */
const SEAM_MIDDLE = TABLES_OFFSET + 0x4000;
const SEAM_LEAVES = TABLES_OFFSET + 0x5000;
const SEAM = 0x1_0000_0000n;
/** Entries of each leaf table that are filled in. */
export const LEAF_ENTRIES = 24;

const entry = (physical: number, flags: bigint): bigint => (BigInt(physical >>> 12) << 10n) | flags;

/** satp without the ASID: mode 8 is Sv39. */
export const SATP_SV39 = (8n << 60n) | BigInt((RAM_BASE + ROOT) >>> 12);

const randomFlags = (random: SeededRandom): bigint => {
  if (random.chance(0.45)) return V | R | W | X | A | D | (random.chance(0.5) ? U : 0n);
  let flags = V | random.pick([R, R | W, R | X, R | W | X, X, R | W | X, W, W | X]);
  if (random.chance(0.5)) flags |= U;
  if (random.chance(0.2)) flags |= G;
  if (random.chance(0.6)) flags |= A;
  if (random.chance(0.6)) flags |= D;
  if (random.chance(0.2)) flags |= BigInt(random.below(4)) << 8n;
  if (random.chance(0.06)) flags &= ~V;
  // Reserved bits, PBMT and N: without Svpbmt and Svnapot all of them must fault.
  if (random.chance(0.06)) flags |= 1n << BigInt(random.between(54, 63));
  return flags;
};

const readable = (flags: bigint): bigint => flags & ~W;

/** A leaf entry for a 4 KiB page. Pages that hold code or tables are never writable. */
export const randomPageEntry = (random: SeededRandom): bigint => {
  const flags = randomFlags(random);
  const choice = random.below(20);
  // Not writable: QEMU 7.2 writes the first part of a store that ends in the hole.
  if (choice === 0) return entry(HOLE, readable(flags));
  if (choice === 1) return entry(RAM_BASE + CODE_OFFSET, readable(flags));
  if (choice === 2) return entry(RAM_BASE + TABLES_OFFSET + random.below(4) * 0x1000, readable(flags));
  return entry(RAM_BASE + DATA_OFFSET + random.below(DATA_PAGES) * 0x1000, flags);
};

/** A 2 MiB page over the RAM behind the image, which nothing else uses, or a misaligned one. */
const randomMegapage = (random: SeededRandom): bigint => {
  const flags = randomFlags(random);
  if (random.chance(0.2)) return entry(RAM_BASE + 0x20_0000 + random.between(1, 511) * 0x1000, flags);
  return random.chance(0.9) ? entry(RAM_BASE + 0x20_0000, flags) : entry(HOLE, readable(flags));
};

/** A gigapage over RAM (readable), over nothing, or misaligned. */
const randomGigapage = (random: SeededRandom): bigint => {
  const flags = readable(randomFlags(random));
  if (random.chance(0.25)) return entry(RAM_BASE + random.between(1, 0x3ffff) * 0x1000, flags);
  return entry(random.chance(0.85) ? RAM_BASE : 0xc000_0000, flags);
};

/** A place in a page, often close to its ends. */
const randomWithinPage = (random: SeededRandom): number => {
  if (random.chance(0.4)) return random.between(-8, 8) & 0xfff;
  return random.below(4096) & (random.chance(0.6) ? ~7 : ~0);
};

/** Virtual addresses worth trying, by the tables of `buildPageTables`. */
export const randomVirtualAddress = (random: SeededRandom, within = randomWithinPage(random)): bigint => {
  const choice = random.below(21);
  if (choice < 12) return BigInt(random.below(2) * 0x20_0000 + random.below(LEAF_ENTRIES + 1) * 0x1000 + within);
  if (choice < 15) return BigInt(random.between(2, 12) * 0x20_0000 + random.below(4) * 0x1000 + within);
  const dataWithin = DATA_OFFSET + random.below(DATA_PAGES) * 0x1000 + within;
  if (choice < 17) return BigInt(random.between(5, 9)) * 0x4000_0000n + BigInt(dataWithin);
  if (choice === 17) return 0xffff_ffff_c000_0000n + BigInt(dataWithin);
  // Identity for S mode, the alias for U mode: each faults in the other one.
  if (choice === 18) return BigInt(random.pick([RAM_BASE, 0x4000_0000]) + dataWithin);
  if (choice === 19) return SEAM + BigInt(within >= 0x800 ? within - 0x1000 : within);
  // Not canonical, or no entry at all.
  return random.pick([
    0x40_0000_0000n,
    0x8000_0000_0000_0000n,
    0xffff_ffbf_ffff_f000n,
    0x1f_0000_0000n,
    0x7f_c000_0000n,
  ]);
};

/** Where the entry for leaf `index` of leaf table `table` lies, as an offset from RAM_BASE. */
export const leafEntryOffset = (table: number, index: number): number => (LEAVES[table] ?? LEAVES[0]) + index * 8;

export const buildPageTables = (asm: Assembler, random: SeededRandom): void => {
  const everything = V | R | W | X | A | D;
  const root = (index: number, value: bigint): void => asm.quadAt(ROOT + index * 8, value);
  const middle = (index: number, value: bigint): void => asm.quadAt(MIDDLE + index * 8, value);
  root(0, entry(RAM_BASE + MIDDLE, V));
  root(1, entry(RAM_BASE, everything | U));
  root(2, entry(RAM_BASE, everything));
  root(3, entry(RAM_BASE + SEAM_MIDDLE, V));
  root(4, entry(RAM_BASE + SEAM_MIDDLE, V));
  for (let index = 5; index < 10; index++) root(index, randomGigapage(random));
  for (const index of [0, 511]) {
    asm.quadAt(SEAM_MIDDLE + index * 8, entry(RAM_BASE + SEAM_LEAVES, V));
    asm.quadAt(SEAM_LEAVES + index * 8, randomPageEntry(random));
  }
  root(511, entry(RAM_BASE, everything | (random.chance(0.5) ? U : 0n) | G));
  middle(0, entry(RAM_BASE + LEAVES[0], V));
  middle(1, entry(RAM_BASE + LEAVES[1], V | (random.chance(0.3) ? G : 0n)));
  for (let index = 2; index < 8; index++) middle(index, randomMegapage(random));
  // Pointers with the bits that only leaves may have, one without V, one that makes the middle table its own leaf table.
  middle(8, entry(RAM_BASE + LEAVES[0], V | random.pick([U, A, D, U | A | D])));
  middle(9, entry(RAM_BASE + LEAVES[0], 0n));
  middle(10, entry(RAM_BASE + MIDDLE, V));
  middle(11, entry(RAM_BASE + LEAVES[1], V | (3n << 8n)));
  middle(12, entry(RAM_BASE + LEAVES[1], V | (1n << BigInt(random.between(54, 63)))));
  for (let table = 0; table < LEAVES.length; table++) {
    for (let index = 0; index < LEAF_ENTRIES; index++)
      asm.quadAt(leafEntryOffset(table, index), randomPageEntry(random));
    // Deepest level: a pointer where only a leaf may stand.
    asm.quadAt(leafEntryOffset(table, LEAF_ENTRIES), entry(RAM_BASE + LEAVES[0], V));
  }
};

// The build of the guests: refuses other compilers, and gives the same bytes from another folder.

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildGuests,
  compareWithCommitted,
  installedVersion,
  readToolchain,
  requireToolchain,
} from '../tools/guests-build.ts';
import { GUEST_NAMES, guestImageUrl } from './guest-names.ts';

const GUESTS = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const toolchain = readToolchain(GUESTS);

function pinnedCompilerIsInstalled(): boolean {
  const gcc = installedVersion('riscv64-unknown-elf-gcc')?.includes(`(${toolchain.gcc.version})`);
  const ld = installedVersion('riscv64-unknown-elf-ld')?.includes(`(${toolchain.binutils.version})`);
  return gcc === true && ld === true;
}

describe('the pinned compiler', () => {
  const gcc = `riscv64-unknown-elf-gcc (${toolchain.gcc.version}) 12.2.0`;
  const ld = `GNU ld (${toolchain.binutils.version}) 2.40`;
  const versions = (gccLine: string | undefined, ldLine: string | undefined) => (program: string) =>
    program.endsWith('gcc') ? gccLine : ldLine;

  it('is accepted', () => {
    expect(() => requireToolchain(toolchain, versions(gcc, ld))).not.toThrow();
  });

  it('is asked for when another is installed', () => {
    const other = 'riscv64-unknown-elf-gcc (13.2.0-11ubuntu1+12) 13.2.0';
    expect(() => requireToolchain(toolchain, versions(other, ld))).toThrow(
      `riscv64-unknown-elf-gcc is "${other}". The guests are built with gcc-riscv64-unknown-elf ${toolchain.gcc.version}`,
    );
    expect(() => requireToolchain(toolchain, versions(gcc, 'GNU ld (2.42) 2.42'))).toThrow('binutils');
  });

  it('is asked for when none is installed', () => {
    expect(() => requireToolchain(toolchain, versions(undefined, ld))).toThrow('is not installed');
  });
});

describe('the committed images', () => {
  it.each(GUEST_NAMES)('%s is small and names no folder of the machine that built it', (name) => {
    const image = readFileSync(guestImageUrl(name));
    expect(image.length).toBeLessThan(64 * 1024);
    expect(image.toString('latin1')).not.toMatch(/\/(home|work|tmp|usr|root)\//);
  });

  it.each(GUEST_NAMES)('%s keeps code, constants and variables in pages of their own', (name) => {
    const pages = new Map<bigint, number>();
    for (const { start, end, flags } of loadedSegments(readFileSync(guestImageUrl(name)))) {
      expect(flags & 3, 'writable and executable').not.toBe(3);
      for (let page = start / 4096n; page * 4096n < end; page++) {
        expect(pages.has(page), `page ${page.toString(16)} in two segments`).toBe(false);
        pages.set(page, flags);
      }
    }
    expect([...new Set(pages.values())].sort()).toEqual([4, 5, 6]);
  });
});

describe.skipIf(!pinnedCompilerIsInstalled())('a build with the pinned compiler', () => {
  const folders: string[] = [];

  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('gives the committed images, byte for byte, from another folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightsout other place-'));
    folders.push(folder);
    const copy = join(folder, 'deeper', 'guests');
    cpSync(GUESTS, copy, { recursive: true });
    expect(compareWithCommitted(GUESTS, buildGuests(copy))).toEqual([]);
  });
});

if (!pinnedCompilerIsInstalled()) {
  console.warn(
    `skipped: reproducible build of guests: ${toolchain.gcc.package} ${toolchain.gcc.version} not installed`,
  );
}

interface Segment {
  readonly start: bigint;
  readonly end: bigint;
  readonly flags: number;
}

/** PT_LOAD program headers of a 64-bit little-endian ELF file (System V gABI, chapter 5). */
function loadedSegments(image: Buffer): Segment[] {
  const at = Number(image.readBigUInt64LE(32));
  const size = image.readUInt16LE(54);
  const count = image.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => at + index * size)
    .filter((header) => image.readUInt32LE(header) === 1)
    .map((header) => {
      const start = image.readBigUInt64LE(header + 16);
      return { start, end: start + image.readBigUInt64LE(header + 40), flags: image.readUInt32LE(header + 4) };
    });
}

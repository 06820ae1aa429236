// Translation as a guest's kernel relies on it: which faults, which bits are set in page tables, and what a fence makes visible. QEMU is the
// judge of every case (test/oracle); here is what the TLBs could get wrong.

import { describe, expect, test } from 'vitest';
import { RAM_ADDRESS } from './board-map.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import type { Machine } from './machine.ts';
import { addi, jal, ld, program, sd } from './testing/assemble.ts';
import { TestHost } from './testing/test-host.ts';

const host = new TestHost();
const PAGE_LONG = BigInt(PAGE_BYTES);
const RAM = BigInt(RAM_ADDRESS);
const ROOT = RAM + 32n * PAGE_LONG;
const MIDDLE = ROOT + PAGE_LONG;
const LEAVES = MIDDLE + PAGE_LONG;
/** Two frames of RAM with different content. */
const ONE = RAM + 64n * PAGE_LONG;
const TWO = RAM + 65n * PAGE_LONG;
/** Virtual addresses: 4 KiB pages, and a superpage of 2 MiB behind them. */
const SMALL = 0x4000_0000n;
const LARGE = SMALL + 0x20_0000n;
const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const A = 64n;
const D = 128n;
const A0 = 10;
const A1 = 11;
const SFENCE_ALL = 0x12000073;
const SFENCE_A0 = 0x12000073 | (A0 << 15);
const SATP = 0x180;
const MSTATUS = 0x300;
const SUM = 1n << 18n;
const MXR = 1n << 19n;
const MPRV = 1n << 17n;

const leaf = (address: bigint, bits: bigint): bigint => ((address >> 12n) << 10n) | bits | V;
const branch = (address: bigint): bigint => ((address >> 12n) << 10n) | V;

function write(machine: Machine, address: bigint, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  machine.writeMemory(Number(address), bytes);
}

function read(machine: Machine, address: bigint): bigint {
  return new DataView(machine.readMemory(Number(address), 8).buffer).getBigUint64(0, true);
}

/** In supervisor mode at the start of RAM, which is mapped onto itself; SMALL leads to ONE. */
function start(words: readonly number[], bits = R | W | X | A | D) {
  const made = host.start(words, 4 * 1024 * 1024);
  const { machine } = made;
  write(machine, ONE, 1n);
  write(machine, TWO, 2n);
  write(machine, ROOT + 16n, leaf(RAM, R | W | X | A | D));
  write(machine, ROOT + 8n, branch(MIDDLE));
  write(machine, MIDDLE, branch(LEAVES));
  write(machine, LEAVES, leaf(ONE, bits));
  machine.setCsr(0x3b0, (1n << 54n) - 1n);
  machine.setCsr(0x3a0, 0x1fn);
  machine.setCsr(0x305, RAM + 0x800n);
  machine.writeMemory(RAM_ADDRESS + 0x800, program(jal(0, 0)));
  machine.setCsr(SATP, (8n << 60n) | (ROOT >> 12n));
  machine.privilege = 1;
  machine.setX(A0, SMALL);
  made.pages.dirty.clear();
  return made;
}

describe('a page table entry that changes', () => {
  const guest = (fence: number): number[] => [ld(A1, A0, 0), sd(5, 6, 0), fence, ld(A1, A0, 0)];

  test.each([
    ['by a general SFENCE.VMA', SFENCE_ALL],
    ['by one for its address', SFENCE_A0],
  ])('is seen after its fence, %s', (_, fence) => {
    const { machine } = start(guest(fence));
    machine.setX(5, leaf(TWO, R | A));
    machine.setX(6, LEAVES);
    machine.run(1);
    expect(machine.x(A1)).toBe(1n);
    machine.run(3);
    expect(machine.x(A1)).toBe(2n);
  });

  test('of a superpage is seen after a fence for any address in it', () => {
    const { machine } = start([ld(A1, A0, 0), sd(5, 6, 0), (SFENCE_A0 & ~(31 << 15)) | (7 << 15), ld(A1, A0, 0)]);
    write(machine, MIDDLE + 8n, leaf(RAM, R | A));
    machine.setX(A0, LARGE + (ONE - RAM));
    machine.setX(5, leaf(RAM + 0x20_0000n, R | A));
    machine.setX(6, MIDDLE + 8n);
    machine.setX(7, LARGE + 0x1000n);
    machine.run(1);
    expect(machine.x(A1)).toBe(1n);
    machine.run(3);
    expect(machine.x(A1)).toBe(0n);
  });

  test('is seen after another satp is written', () => {
    const { machine } = start([ld(A1, A0, 0), jal(0, -4)]);
    machine.run(2);
    write(machine, LEAVES, leaf(TWO, R | A));
    machine.setCsr(SATP, (8n << 60n) | (1n << 44n) | (ROOT >> 12n));
    machine.run(1);
    expect(machine.x(A1)).toBe(2n);
  });

  test('for code is executed after its fence', () => {
    const { machine } = start([SFENCE_ALL, jal(0, 0)]);
    write(machine, ONE, BigInt(addi(A1, 0, 11)) | (BigInt(jal(0, -4)) << 32n));
    write(machine, TWO, BigInt(addi(A1, 0, 22)) | (BigInt(jal(0, -4)) << 32n));
    machine.pc = SMALL;
    machine.run(2);
    expect(machine.x(A1)).toBe(11n);
    write(machine, LEAVES, leaf(TWO, X | A));
    machine.pc = RAM;
    machine.run(1);
    machine.pc = SMALL;
    machine.run(1);
    expect(machine.x(A1)).toBe(22n);
  });
});

describe('A and D', () => {
  test('a load sets A, and the page table is then dirty', () => {
    const { machine, pages } = start([ld(A1, A0, 0)], R | W);
    machine.run(1);
    expect(read(machine, LEAVES)).toBe(leaf(ONE, R | W | A));
    expect([...pages.dirty]).toEqual([34]);
  });

  test('a store sets both, also when a load was there before it', () => {
    const { machine, pages } = start([ld(A1, A0, 0), sd(A1, A0, 0)], R | W);
    machine.run(2);
    expect(read(machine, LEAVES)).toBe(leaf(ONE, R | W | A | D));
    expect([...pages.dirty].sort()).toEqual([34, 64]);
  });

  test('a fetch sets A', () => {
    const { machine } = start([], R | X);
    machine.pc = SMALL;
    write(machine, ONE, BigInt(jal(0, 0)));
    machine.run(1);
    expect(read(machine, LEAVES)).toBe(leaf(ONE, R | X | A));
  });

  test('an access that is not allowed sets nothing', () => {
    const { machine } = start([sd(A1, A0, 0)], R);
    machine.run(1);
    expect(machine.csr(0x342)).toBe(15n);
    expect(machine.csr(0x343)).toBe(SMALL);
    expect(read(machine, LEAVES)).toBe(leaf(ONE, R));
  });
});

describe('a translation that one privilege may use is not used by another', () => {
  test('user pages are for supervisor mode only while SUM is set', () => {
    const { machine } = start([ld(A1, A0, 0), ld(A1, A0, 0)], R | W | U | A | D);
    machine.setCsr(MSTATUS, SUM);
    machine.run(1);
    expect(machine.x(A1)).toBe(1n);
    machine.setCsr(MSTATUS, 0n);
    machine.run(1);
    expect(machine.csr(0x342)).toBe(13n);
  });

  test('pages that can only be executed are readable only while MXR is set', () => {
    const { machine } = start([ld(A1, A0, 0), ld(A1, A0, 0)], X | A);
    machine.setCsr(MSTATUS, MXR);
    machine.run(1);
    expect(machine.x(A1)).toBe(1n);
    machine.setCsr(MSTATUS, 0n);
    machine.run(1);
    expect(machine.csr(0x342)).toBe(13n);
  });

  test('machine mode with MPRV sees what MPP sees, and without it physical addresses', () => {
    const { machine } = start([ld(A1, A0, 0), ld(A1, A0, 0)]);
    machine.privilege = 3;
    machine.setCsr(MSTATUS, MPRV | (1n << 11n));
    machine.run(1);
    expect(machine.x(A1)).toBe(1n);
    machine.setCsr(MSTATUS, 0n);
    machine.run(1);
    expect(machine.csr(0x342)).toBe(5n);
  });

  test('supervisor pages are not for user mode, though they are in the TLB', () => {
    const { machine } = start([ld(A1, A0, 0)]);
    machine.run(1);
    write(machine, ROOT + 16n, leaf(RAM, R | W | X | U | A | D));
    machine.privilege = 0;
    machine.pc = RAM;
    machine.run(1);
    expect(machine.csr(0x342)).toBe(13n);
  });
});

test('an address whose upper bits do not repeat bit 38 is a page fault', () => {
  const { machine } = start([ld(A1, A0, 0)]);
  machine.setX(A0, SMALL | (1n << 40n));
  machine.run(1);
  expect(machine.csr(0x342)).toBe(13n);
  expect(machine.csr(0x343)).toBe(SMALL | (1n << 40n));
});

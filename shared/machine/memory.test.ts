// What loads and stores promise the VMM: every write makes its page private and dirty first, decoded code never lags behind memory, and
// translations go when their frames do.

import { describe, expect, test } from 'vitest';
import { RAM_ADDRESS } from './board-map.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import {
  addi,
  amoaddD,
  auipc,
  beq,
  csrrs,
  csrrw,
  jal,
  jalr,
  ld,
  lrW,
  lui,
  lw,
  MRET,
  NOP,
  program,
  sb,
  scW,
  sd,
  sw,
} from './testing/assemble.ts';
import { TestHost } from './testing/test-host.ts';

const host = new TestHost();
const DATA_PAGE = 16;
const DATA = RAM_ADDRESS + DATA_PAGE * PAGE_BYTES;
const A0 = 10;
const A1 = 11;
const A2 = 12;
const RAM = BigInt(RAM_ADDRESS);

function start(...words: number[]) {
  const made = host.start(words);
  made.machine.setX(A0, BigInt(DATA));
  return made;
}

function longAt(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

describe('a page written between two rounds is in the next dirty set', () => {
  const stores: readonly (readonly [name: string, words: readonly number[]])[] = [
    ['sb', [sb(A1, A0, 5)]],
    ['sd', [sd(A1, A0, 8)]],
    ['c.sd', [0xe10ce10c]],
    ['amoadd', [amoaddD(A2, A0, A1)]],
    ['lr and sc', [lrW(A2, A0), scW(A2, A0, A1)]],
    ['misaligned sd', [sd(A1, A0, 3)]],
  ];
  test.each(stores)('%s', (_, words) => {
    const loop = [...words, jal(0, -4 * words.length)];
    const { machine, pages } = start(...loop);
    machine.run(loop.length);
    expect(pages.dirty.has(DATA_PAGE)).toBe(true);
    pages.dirty.clear();
    machine.run(loop.length);
    expect(pages.dirty.has(DATA_PAGE), 'without a flush the write translation is kept').toBe(
      words.length === 1 && words[0] === sd(A1, A0, 3),
    );
    machine.flushWriteTranslations();
    machine.run(loop.length);
    expect([...pages.dirty]).toEqual([DATA_PAGE]);
  });

  test('a store across two pages', () => {
    const { machine, pages } = start(sd(A1, A0, -4));
    machine.run(1);
    expect([...pages.dirty].sort()).toEqual([DATA_PAGE - 1, DATA_PAGE]);
  });
});

test('reads of absent pages make nothing present, and see a later write at its new frame', () => {
  const { machine, pages } = start(ld(A1, A0, 0), addi(A2, 0, 77), sd(A2, A0, 0), ld(A1, A0, 0));
  machine.run(1);
  expect(machine.x(A1)).toBe(0n);
  expect(pages.dirty.size).toBe(0);
  machine.run(3);
  expect(machine.x(A1)).toBe(77n);
});

test('after sharing, a write goes to a new frame and reads follow it, while the snapshot keeps the old content', () => {
  const loop = [ld(A1, A0, 0), addi(A1, A1, 1), sd(A1, A0, 0), jal(0, -12)];
  const { machine, pages } = start(...loop);
  machine.run(4 * 10);
  const shared = pages.readFrame(DATA_PAGE);
  pages.share();
  machine.flushWriteTranslations();
  machine.run(4 * 10);
  expect(longAt(machine.readMemory(DATA, 8))).toBe(20n);
  expect(host.core.host.u64[shared >>> 3]).toBe(10n);
});

test.each([
  [1, 'lw', lw],
  [4093, 'lw', lw],
  [4095, 'lw', lw],
  [4095, 'ld', ld],
])('a misaligned load at offset %i: %s', (offset, name, load) => {
  const { machine } = start(load(A1, A0, 0));
  const content = Uint8Array.from({ length: 2 * PAGE_BYTES }, (_, index) => (index * 7 + 3) & 0x7f);
  machine.writeMemory(DATA, content);
  machine.setX(A0, BigInt(DATA + offset));
  machine.run(1);
  const view = new DataView(content.buffer);
  expect(machine.x(A1)).toBe(name === 'ld' ? view.getBigInt64(offset, true) : BigInt(view.getInt32(offset, true)));
});

test.each([1, 3, 4089, 4092, 4095])(
  'a misaligned 8-byte store at offset %i writes its bytes and no others',
  (offset) => {
    const { machine } = start(sd(A1, A0, 0));
    const before = new Uint8Array(2 * PAGE_BYTES).fill(0xee);
    machine.writeMemory(DATA, before);
    machine.setX(A0, BigInt(DATA + offset));
    machine.setX(A1, 0x1122334455667788n);
    machine.run(1);
    new DataView(before.buffer).setBigUint64(offset, 0x1122334455667788n, true);
    expect(machine.readMemory(DATA, 2 * PAGE_BYTES)).toEqual(before);
  },
);

test('a misaligned atomic traps with its address', () => {
  const { machine } = start(amoaddD(A2, A0, A1));
  machine.setX(A0, BigInt(DATA + 4));
  machine.run(1);
  expect(machine.csr(0x342)).toBe(6n);
  expect(machine.csr(0x343)).toBe(BigInt(DATA + 4));
});

describe('a store into decoded code is executed as written, without FENCE.I', () => {
  const replacement = addi(A2, 0, 2);

  test('into the next instruction', () => {
    const { machine } = start(auipc(A0, 0), sw(A1, A0, 8), addi(A2, 0, 1));
    machine.setX(A1, BigInt(replacement));
    machine.run(3);
    expect(machine.x(A2)).toBe(2n);
  });

  test('into an instruction executed before, again and again', () => {
    // a2 := 1 or 2 by turns, by changing the immediate of the instruction at 4.
    const code = [auipc(A0, 0), addi(A2, 0, 1), lw(A1, A0, 24), sw(A1, A0, 4), jal(0, -16), NOP, replacement];
    const { machine } = start(...code);
    machine.run(2);
    expect(machine.x(A2)).toBe(1n);
    machine.run(5);
    expect(machine.x(A2)).toBe(2n);
  });

  test('into the second half of an instruction only', () => {
    const code = [auipc(A0, 0), addi(A2, 0, 1), sb(A1, A0, 7), jal(0, -8)];
    const { machine } = start(...code);
    machine.setX(A1, 0x7fn);
    machine.run(5);
    expect(machine.x(A2)).toBe(BigInt(0x7f0 + ((addi(A2, 0, 1) >>> 20) & 0xf)));
  });

  test('into the half of a crossing instruction that lies in the next page', () => {
    const { machine } = host.start([]);
    const at = RAM_ADDRESS + PAGE_BYTES - 2;
    machine.writeMemory(at, program(addi(A2, 0, 1), jal(0, -4)));
    machine.pc = BigInt(at);
    machine.run(1);
    expect(machine.x(A2)).toBe(1n);
    machine.writeMemory(at + 2, program(replacement).subarray(2));
    machine.run(2);
    expect(machine.x(A2)).toBe(2n);
    expect(machine.pc).toBe(BigInt(at + 4));
  });

  test('in a page that was written before it was executed, as a loader or a compiler does', () => {
    // Writes `addi a2, a2, 1` and a return to the data page, calls it, writes `addi a2, a2, 16`, calls it again.
    const call = jalr(1, A0, 0);
    const { machine } = start(sw(5, A0, 0), sw(7, A0, 4), call, sw(6, A0, 0), call);
    machine.setX(5, BigInt(addi(A2, A2, 1)));
    machine.setX(6, BigInt(addi(A2, A2, 16)));
    machine.setX(7, BigInt(jalr(0, 1, 0)));
    machine.run(9);
    expect(machine.x(A2)).toBe(17n);
  });

  test('from outside, as a device writes', () => {
    const { machine } = start(addi(A2, 0, 1), jal(0, -4));
    machine.run(4);
    machine.writeMemory(RAM_ADDRESS, program(replacement));
    machine.run(2);
    expect(machine.x(A2)).toBe(2n);
  });

  test('by a compressed store, between slices of one instruction', () => {
    const { machine } = start(auipc(8, 0), addi(8, 8, 12), NOP, addi(A2, 0, 1), 0xc00c0001 | 0, jal(0, -8));
    machine.setX(A1, BigInt(replacement));
    for (let step = 0; step < 8; step++) machine.run(1);
    expect(machine.x(A2)).toBe(2n);
  });
});

test('more code pages than the decode cache holds run as one after another', () => {
  const count = 200;
  const { machine } = host.start([]);
  for (let page = 0; page < count; page++) {
    const last = page === count - 1;
    const words = program(addi(A2, A2, 1), last ? jal(0, -(count - 1) * PAGE_BYTES - 4) : jal(0, PAGE_BYTES - 4));
    machine.writeMemory(RAM_ADDRESS + page * PAGE_BYTES, words);
  }
  machine.run(count * 2 * 5);
  expect(machine.x(A2)).toBe(BigInt(count * 5));
  expect(machine.pc).toBe(RAM);
});

test('execution runs off a page into the next', () => {
  const { machine } = host.start([]);
  const at = RAM_ADDRESS + PAGE_BYTES - 8;
  machine.writeMemory(at, program(addi(A2, A2, 1), addi(A2, A2, 2), addi(A2, A2, 4), beq(0, 0, -12)));
  machine.pc = BigInt(at);
  machine.run(8);
  expect(machine.x(A2)).toBe(14n);
  expect(machine.pc).toBe(BigInt(at));
});

test('where nothing is, loads, stores and fetches are access faults', () => {
  for (const [words, cause] of [
    [[lw(A1, A0, 0)], 5n],
    [[sw(A1, A0, 0)], 7n],
    [[jalr(0, A0, 0), NOP], 1n],
  ] as const) {
    const { machine } = start(...words);
    machine.setX(A0, 0x4000_0000n);
    machine.run(words.length);
    expect(machine.csr(0x342)).toBe(cause);
    expect(machine.csr(0x343)).toBe(0x4000_0000n);
  }
});

test('a PMP rule finer than a page is kept for loads, stores and fetches', () => {
  // Supervisor mode may read and execute all, but not write the 8 bytes at DATA + 16.
  const { machine } = start(
    csrrw(0, 0x3b0, 5),
    csrrw(0, 0x3b1, 6),
    csrrw(0, 0x3a0, 7),
    csrrw(0, 0x341, 28),
    csrrs(0, 0x300, 29),
    MRET,
    sd(A1, A0, 8),
    ld(A1, A0, 16),
    sd(A1, A0, 24),
    sd(A1, A0, 16),
  );
  machine.setX(5, BigInt((DATA + 16) / 4) | 0n);
  machine.setX(6, (1n << 54n) - 1n);
  machine.setX(7, 0x1f1dn);
  machine.setX(28, RAM + 24n);
  machine.setX(29, 0x800n);
  machine.run(9);
  expect(machine.pc).toBe(RAM + 36n);
  expect(machine.privilege).toBe(1);
  machine.run(1);
  expect(machine.csr(0x342)).toBe(7n);
  expect(machine.csr(0x343)).toBe(BigInt(DATA + 16));
});

test('LUI and constants of the test assembler sign-extend', () => {
  const { machine } = start(lui(A1, 0x80000));
  machine.run(1);
  expect(machine.x(A1)).toBe(0xffff_ffff_8000_0000n);
});

// What pre-copy stands on: a page that was written after a dirty set was collected is in the next one, whatever wrote it, and from the second
// store on a page costs nothing.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { negotiate, QueueDriver, start as startDevice } from '../machine/devices/testing/queue-driver.ts';
import { PAGE_BYTES, RAM_ADDRESS } from '../machine/mod.ts';
import { jal, ld, lrW, NOP, SFENCE_VMA, sd, sw } from '../machine/testing/assemble.ts';
import { loadRandomProgram, randomProgram } from '../machine/testing/random-program.ts';
import type { Vm } from './mod.ts';
import { boardOf } from './testing/guest-board.ts';
import { dirtyPages, HostWithGuests } from './testing/host-with-guests.ts';

const A0 = 10;
const A1 = 11;
const SP = 2;
/** The page that a guest writes, and its address. */
const PAGE = 9;
const TARGET = RAM_ADDRESS + PAGE * PAGE_BYTES;

const store = (funct3: number) => (value: number, base: number, offset: number) =>
  ((offset >> 5) << 25) | (value << 20) | (base << 15) | (funct3 << 12) | ((offset & 31) << 7) | 0x23;
const amo = (funct5: number, funct3: number) =>
  ((funct5 << 27) | (A1 << 20) | (A0 << 15) | (funct3 << 12) | (12 << 7) | 0x2f) >>> 0;
const compressed = (half: number): number => (0x0001 << 16) | half;
const scAny = (funct3: number) => ((3 << 27) | (A1 << 20) | (A0 << 15) | (funct3 << 12) | (12 << 7) | 0x2f) >>> 0;
const lrD = (lrW(13, A0) & ~(7 << 12)) | (3 << 12);

interface Kind {
  readonly name: string;
  readonly words: readonly number[];
  /** Where A0 and SP point, relative to the page. */
  readonly offset?: number;
  readonly dirty?: readonly number[];
}

const widths = [1, 2, 4, 8];
const kinds: readonly Kind[] = [
  ...widths.map((bytes, funct3) => ({ name: `a store of ${bytes}`, words: [store(funct3)(A1, A0, 8)] })),
  ...widths.slice(1).map((bytes, index) => ({
    name: `a misaligned store of ${bytes}`,
    words: [store(index + 1)(A1, A0, 0)],
    offset: 0x101,
  })),
  ...widths.slice(1).map((bytes, index) => ({
    name: `a store of ${bytes} into two pages`,
    words: [store(index + 1)(A1, A0, 0)],
    offset: PAGE_BYTES - 1,
    dirty: [PAGE, PAGE + 1],
  })),
  { name: 'C.SW', words: [compressed(0xc10c)] },
  { name: 'C.SD', words: [compressed(0xe10c)] },
  { name: 'C.SWSP', words: [compressed(0xc02e)] },
  { name: 'C.SDSP', words: [compressed(0xe02e)] },
  ...[2, 3].flatMap((funct3) =>
    ['ADD', 'SWAP', 'XOR', 'OR', 'AND', 'MIN', 'MAX', 'MINU', 'MAXU'].map((name, index) => ({
      name: `AMO${name}.${funct3 === 2 ? 'W' : 'D'}`,
      words: [amo([0, 1, 4, 8, 12, 16, 20, 24, 28][index]!, funct3)],
    })),
  ),
  { name: 'SC.W', words: [lrW(13, A0), scAny(2)] },
  { name: 'SC.D', words: [lrD, scAny(3)] },
];

/** A guest that does `words` again and again. */
function looping(words: readonly number[], offset = 0): { vm: Vm; once: () => void } {
  const vm = new HostWithGuests().create([...words, jal(0, -4 * words.length)]);
  const length = words.reduce((sum, word) => sum + ((word & 3) === 3 ? 1 : 2), 1);
  vm.machine.beginSlice(0, 10_000_000);
  vm.machine.setX(A0, BigInt(TARGET + offset));
  vm.machine.setX(SP, BigInt(TARGET + offset));
  vm.machine.setX(A1, 0x1234_5678n);
  const once = (): void => {
    expect(vm.machine.run(length)).toBe('budget');
    expect(vm.machine.pc).toBe(BigInt(RAM_ADDRESS));
  };
  return { vm, once };
}

describe('a page is in the next dirty set after', () => {
  test.each(kinds)('$name', ({ words, offset, dirty = [PAGE] }) => {
    const { vm, once } = looping(words, offset);
    once();
    dirtyPages(vm);
    for (let round = 0; round < 3; round += 1) {
      expect(dirtyPages(vm)).toEqual([]);
      once();
      expect(dirtyPages(vm)).toEqual(dirty);
    }
  });

  test('a store into the page that the code is in', () => {
    const { vm, once } = looping([sw(A1, A0, 0)], 0x100 - PAGE * PAGE_BYTES);
    for (let round = 0; round < 3; round += 1) {
      dirtyPages(vm);
      once();
      expect(dirtyPages(vm)).toEqual([0]);
    }
  });

  test('a store that the host made in RAM', () => {
    const { vm } = looping([NOP]);
    dirtyPages(vm);
    vm.machine.writeMemory(TARGET + PAGE_BYTES - 1, Uint8Array.of(1, 2));
    expect(dirtyPages(vm)).toEqual([PAGE, PAGE + 1]);
  });
});

describe('stores after the first', () => {
  test.each(kinds.filter(({ name }) => !name.includes('two pages')))(
    '$name: take no slow path',
    ({ words, offset }) => {
      const { vm, once } = looping(words, offset);
      once();
      for (let round = 0; round < 3; round += 1) {
        dirtyPages(vm);
        const slow = vi.spyOn(vm.pages, 'writeFrame');
        for (let count = 0; count < 100; count += 1) once();
        // A misaligned access is not for the TLB; all others take the slow path once.
        expect(slow).toHaveBeenCalledTimes((offset ?? 0) % 8 === 0 ? 1 : 100);
        slow.mockRestore();
      }
    },
  );

  test('take none although two pages are written in turns, nor after the guest reads', () => {
    const { vm, once } = looping([sd(A1, A0, 0), ld(12, A0, 0), sd(A1, SP, 8)]);
    vm.machine.setX(SP, BigInt(TARGET + 5 * PAGE_BYTES));
    once();
    dirtyPages(vm);
    const slow = vi.spyOn(vm.pages, 'writeFrame');
    for (let count = 0; count < 100; count += 1) once();
    expect(slow).toHaveBeenCalledTimes(2);
    expect(dirtyPages(vm)).toEqual([PAGE, PAGE + 5]);
  });
});

describe('the page walker', () => {
  const ROOT = 16;
  const LEAF = 18;
  const DATA = 20;
  const A = 0x40;
  const D = 0x80;
  const CODE_ENTRY = 0;
  const DATA_ENTRY = DATA;

  /** Supervisor mode over Sv39 with RAM mapped onto itself; it flushes, then executes `word`, again and again. */
  function supervisor(word: number): { vm: Vm; once: () => void; clear: (entry: number) => void; flags: () => number } {
    const host = new HostWithGuests();
    const vm = host.create([SFENCE_VMA, word, jal(0, -8)]);
    const { machine } = vm;
    const tables = [ROOT, ROOT + 1, LEAF];
    const entry = (table: number, index: number, value: bigint): void => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      machine.writeMemory(RAM_ADDRESS + tables[table]! * PAGE_BYTES + index * 8, bytes);
    };
    const frame = (page: number): bigint => BigInt(RAM_ADDRESS / PAGE_BYTES + page) << 10n;
    entry(0, 2, frame(ROOT + 1) | 1n);
    entry(1, 0, frame(LEAF) | 1n);
    for (let page = 0; page < 32; page += 1) entry(2, page, frame(page) | 0xfn);
    machine.setCsr(0x3b0, (1n << 54n) - 1n);
    machine.setCsr(0x3a0, 0x1fn);
    machine.setCsr(0x180, (8n << 60n) | BigInt(RAM_ADDRESS / PAGE_BYTES + ROOT));
    machine.privilege = 1;
    machine.beginSlice(0, 10_000_000);
    machine.setX(A0, BigInt(RAM_ADDRESS + DATA * PAGE_BYTES));
    machine.setX(A1, 77n);
    const at = (index: number): number => vm.pages.readFrame(LEAF) + index * 8;
    return {
      vm,
      once: () => {
        expect(machine.run(3)).toBe('budget');
        expect(machine.csr(0x342)).toBe(0n);
        expect(machine.pc).toBe(BigInt(RAM_ADDRESS));
      },
      // Behind the machine's back, as nobody may: so that only the walker can make the page dirty.
      clear: (index) => {
        host.memory.bytes[at(index)]! &= ~(A | D);
      },
      flags: () => host.memory.bytes[at(DATA_ENTRY)]! & (A | D),
    };
  }

  test('logs the table when it sets A for a load', () => {
    const { vm, once, clear, flags } = supervisor(ld(12, A0, 0));
    once();
    for (let round = 0; round < 3; round += 1) {
      dirtyPages(vm);
      once();
      expect(dirtyPages(vm)).toEqual([]);
      clear(DATA_ENTRY);
      once();
      expect(flags()).toBe(A);
      expect(dirtyPages(vm)).toEqual([LEAF]);
    }
  });

  test('logs the table when it sets A and D for a store, and the page', () => {
    const { vm, once, clear, flags } = supervisor(sd(A1, A0, 0));
    once();
    for (let round = 0; round < 3; round += 1) {
      dirtyPages(vm);
      once();
      expect(dirtyPages(vm)).toEqual([DATA]);
      clear(DATA_ENTRY);
      once();
      expect(flags()).toBe(A | D);
      expect(dirtyPages(vm)).toEqual([LEAF, DATA]);
    }
  });

  test('logs the table when it sets A for a fetch', () => {
    const { vm, once, clear } = supervisor(NOP);
    once();
    dirtyPages(vm);
    clear(CODE_ENTRY);
    once();
    expect(dirtyPages(vm)).toEqual([LEAF]);
  });
});

describe('devices', () => {
  const BLOCK = 0x1000_1000;
  const CONSOLE = 0x1000_2000;
  const [HEADER, STATUS, DATA, QUEUES] = [40, 41, 42, 60];
  const address = (page: number): number => RAM_ADDRESS + page * PAGE_BYTES;
  const DISK_PAGES = 8;

  async function queueOf(vm: Vm, slot: number, queue: number): Promise<QueueDriver> {
    const driver = new QueueDriver(boardOf(vm), slot, queue, 8, address(QUEUES + queue));
    await driver.enable();
    return driver;
  }

  function guest(): Vm {
    const vm = new HostWithGuests().create([NOP], { diskBytes: DISK_PAGES * PAGE_BYTES });
    vm.machine.beginSlice(0, 10_000_000);
    return vm;
  }

  /** What the device wrote: the guest's own store to the notify register goes through the page with its code, page 0. */
  async function writtenByNotify(vm: Vm, driver: QueueDriver): Promise<number[]> {
    dirtyPages(vm);
    await driver.notify();
    return dirtyPages(vm).filter((page) => page !== 0);
  }

  async function block(vm: Vm): Promise<(type: number, sector: number, isRead: boolean) => Promise<number[]>> {
    await negotiate(boardOf(vm), BLOCK, 0);
    const driver = await queueOf(vm, BLOCK, 0);
    await startDevice(boardOf(vm), BLOCK);
    return async (type, sector, isRead) => {
      const header = new Uint8Array(16);
      new DataView(header.buffer).setUint32(0, type, true);
      new DataView(header.buffer).setBigUint64(8, BigInt(sector), true);
      vm.machine.writeMemory(address(HEADER), header);
      vm.machine.writeMemory(address(STATUS), Uint8Array.of(0xee));
      // Two pages of data.
      const data = { address: address(DATA) + 512, length: PAGE_BYTES, isWritable: isRead };
      await driver.put([
        { address: address(HEADER), length: 16, isWritable: false },
        data,
        { address: address(STATUS), length: 1, isWritable: true },
      ]);
      const written = await writtenByNotify(vm, driver);
      expect(vm.machine.readMemory(address(STATUS), 1)[0]).toBe(0);
      return written;
    };
  }

  test('a read of the block device dirties what it writes in RAM, each time', async () => {
    const vm = guest();
    const request = await block(vm);
    for (let round = 0; round < 3; round += 1) {
      expect(await request(0, 1, true)).toEqual([STATUS, DATA, DATA + 1, QUEUES]);
    }
  });

  test('a write to the block device dirties the pages of its medium, each time', async () => {
    const vm = guest();
    const request = await block(vm);
    const medium = vm.pages.ramPageCount;
    for (let round = 0; round < 3; round += 1) {
      // Sectors 9 to 16 lie in the medium's pages 1 and 2.
      expect(await request(1, 9, false)).toEqual([STATUS, QUEUES, medium + 1, medium + 2]);
    }
  });

  test('the console dirties RAM when the guest sends, and when the host reads or types', async () => {
    const vm = guest();
    await negotiate(boardOf(vm), CONSOLE, 0);
    const receive = await queueOf(vm, CONSOLE, 0);
    const transmit = await queueOf(vm, CONSOLE, 1);
    await startDevice(boardOf(vm), CONSOLE);
    vm.machine.writeMemory(address(DATA), new TextEncoder().encode('hello'));
    for (let round = 0; round < 3; round += 1) {
      await transmit.put([{ address: address(DATA), length: 5, isWritable: false }]);
      expect(await writtenByNotify(vm, transmit)).toEqual([QUEUES + 1]);
      await receive.put([{ address: address(DATA + 3), length: 64, isWritable: true }]);
      expect(await writtenByNotify(vm, receive)).toEqual([]);
      expect(vm.machine.writeConsole(Uint8Array.of(65, 66), 1)).toBe(2);
      expect(dirtyPages(vm)).toEqual([DATA + 3, QUEUES]);
    }
    // More than the output ring holds waits in the queue until the host reads.
    const long = { address: address(100), length: 3 * PAGE_BYTES, isWritable: false };
    await transmit.put([long]);
    await transmit.notify();
    dirtyPages(vm);
    let read = 0;
    while (read < 15 + 3 * PAGE_BYTES) {
      const { byteLength } = vm.machine.readConsole(1);
      expect(byteLength).toBeGreaterThan(0);
      read += byteLength;
    }
    expect(dirtyPages(vm)).toEqual([QUEUES + 1]);
  });
});

test('whatever a random program does, every page that changed is in the dirty set of the time in which it changed', () => {
  const RAM_PAGES = 32;
  let changes = 0;
  fc.assert(
    fc.property(
      randomProgram,
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 4, maxLength: 12 }),
      (guest, cuts) => {
        const host = new HostWithGuests({ memoryBytes: 4 * 1024 * 1024 });
        const vm = host.create([], { memoryBytes: RAM_PAGES * PAGE_BYTES });
        vm.machine.beginSlice(1000, 33_333_337);
        loadRandomProgram(vm.machine, guest);
        const contents = () => Array.from({ length: RAM_PAGES }, (_, page) => Buffer.from(host.page(vm, page)));
        dirtyPages(vm);
        let before = contents();
        for (const cut of cuts) {
          if (vm.machine.run(cut) === 'wfi') break;
          const after = contents();
          const dirty = new Set(dirtyPages(vm));
          for (let page = 0; page < RAM_PAGES; page += 1) {
            if (before[page]!.equals(after[page]!)) continue;
            changes += 1;
            expect(dirty, `page ${page} changed`).toContain(page);
          }
          before = after;
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(changes).toBeGreaterThan(300);
});

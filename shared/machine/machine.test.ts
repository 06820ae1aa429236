// The front door: what run() answers, how time and interrupts meet instructions, what reset looks like, and that any thread's Machine
// over the same block is the same machine.

import { describe, expect, test } from 'vitest';
import { Core, compileInterpreter } from './core.ts';
import { MTIMECMP } from './layout.ts';
import { Machine, PageUnavailable } from './machine.ts';
import {
  addi,
  auipc,
  csrrs,
  csrrw,
  csrrwi,
  EBREAK,
  ECALL,
  jal,
  lui,
  MRET,
  NOP,
  program,
  sb,
  sd,
  sw,
  WFI,
} from './testing/assemble.ts';
import { TestHost } from './testing/test-host.ts';

const host = new TestHost();
const A0 = 10;
const A1 = 11;
const RAM = 0x8000_0000n;
const MSTATUS = 0x300;
const MIE = 0x304;
const MTVEC = 0x305;
const MEPC = 0x341;
const MCAUSE = 0x342;
const TIME = 0xc01;
const MCYCLE = 0xb00;
const MINSTRET = 0xb02;
const MTIE = 0x80n;
const CLINT_MTIMECMP = 0x0200_4000n;

const loop = [addi(A0, A0, 1), jal(0, -4)];

describe('budget', () => {
  test('exactly so many instructions are executed', () => {
    const { machine } = host.start(loop);
    for (const budget of [0, 1, 2, 999, 123_456]) {
      const before = machine.instructionsExecuted;
      expect(machine.run(budget)).toBe('budget');
      expect(machine.executed).toBe(budget);
      expect(machine.instructionsExecuted - before).toBe(BigInt(budget));
    }
  });

  test('an instruction that traps counts for budget and mcycle, not for minstret', () => {
    const { machine } = host.start([ECALL, EBREAK, 0, NOP]);
    machine.setCsr(MTVEC, RAM + 0x100n);
    for (let trap = 0; trap < 3; trap++) {
      machine.pc = RAM + BigInt(4 * trap);
      expect(machine.run(1)).toBe('budget');
      expect(machine.pc).toBe(RAM + 0x100n);
    }
    machine.pc = RAM + 12n;
    machine.run(1);
    expect(machine.csr(MCYCLE)).toBe(4n);
    expect(machine.csr(MINSTRET)).toBe(1n);
  });

  test('a handler that cannot be fetched uses up the budget, one trap an instruction', () => {
    const { machine } = host.start([ECALL]);
    machine.setCsr(MTVEC, 0x40n);
    expect(machine.run(50)).toBe('budget');
    expect(machine.csr(MCYCLE)).toBe(50n);
    expect(machine.csr(MINSTRET)).toBe(0n);
    expect(machine.csr(MEPC)).toBe(0x40n);
  });
});

describe('time', () => {
  test('`time` is exact at the current instruction', () => {
    const { machine } = host.start([NOP, NOP, NOP, csrrs(A0, TIME, 0), csrrs(A1, TIME, 0), jal(0, -20)]);
    machine.beginSlice(1_000_000, 30_000_000);
    machine.run(5);
    expect(machine.x(A0)).toBe(1_000_001n);
    expect(machine.x(A1)).toBe(1_000_001n);
    machine.run(5);
    expect(machine.x(A0)).toBe(1_000_003n);
    machine.timeOffsetTicks = 1_000_000;
    machine.run(6);
    expect(machine.x(A0)).toBe(5n);
  });

  test('a timer interrupt is taken before the very instruction at which it falls due', () => {
    const { machine, base } = host.start(loop);
    machine.beginSlice(0, 30_000_000);
    machine.setCsr(MTVEC, RAM + 0x100n);
    machine.setCsr(MIE, MTIE);
    machine.setCsr(MSTATUS, 8n);
    machine.writeMemory(Number(RAM) + 0x100, program(jal(0, 0)));
    setTimer(base, 100n);
    // Tick 100 begins with instruction 300, counted from 0.
    machine.run(300);
    expect(machine.csr(MCAUSE)).toBe(0n);
    expect(machine.pc).toBe(RAM);
    machine.run(1);
    expect(machine.csr(MCAUSE)).toBe((1n << 63n) | 7n);
    expect(machine.csr(MEPC)).toBe(RAM);
    expect(machine.x(A0)).toBe(150n);
  });

  test('a timer that the guest sets, and one that it enables late, are taken as exactly', () => {
    const guest = [lui(A1, 0x2004), sd(5, A1, 0), csrrw(0, MIE, 6), addi(A0, A0, 1), jal(0, -4)];
    const { machine } = host.start(guest);
    machine.beginSlice(0, 10_000_000);
    machine.setCsr(MTVEC, RAM + 0x100n);
    machine.setCsr(MSTATUS, 8n);
    machine.writeMemory(Number(RAM) + 0x100, program(jal(0, 0)));
    machine.setX(5, 50n);
    machine.setX(6, MTIE);
    machine.run(1000);
    expect(machine.csr(MCAUSE)).toBe((1n << 63n) | 7n);
    // Of the first 50 instructions 3 are before the loop of two.
    expect(machine.x(A0)).toBe(24n);
    expect(CLINT_MTIMECMP).toBe(BigInt(0x2004) << 12n);
  });
});

describe('WFI', () => {
  test('stops with the rest of the budget unused, says when it will wake, and goes on then', () => {
    const { machine, base } = host.start([WFI, addi(A0, A0, 1), jal(0, -8)]);
    machine.beginSlice(0, 100_000_000);
    machine.setCsr(MIE, MTIE);
    setTimer(base, 5000n);
    expect(machine.run(1000)).toBe('wfi');
    expect(machine.executed).toBe(1);
    expect(machine.run(1000)).toBe('wfi');
    expect(machine.executed).toBe(0);
    expect(machine.nextWakeTick()).toBe(5000);
    expect(machine.isRunnable(4999)).toBe(false);
    expect(machine.isRunnable(5000)).toBe(true);
    machine.beginSlice(5000, 100_000_000);
    expect(machine.nextWakeTick()).toBe(0);
    machine.run(1);
    expect(machine.x(A0)).toBe(1n);
  });

  test('with nothing enabled only something from outside can wake it', () => {
    const { machine } = host.start([WFI]);
    machine.setCsr(MTVEC, RAM);
    machine.run(10);
    expect(machine.nextWakeTick()).toBe(Infinity);
    expect(machine.isRunnable(2 ** 50)).toBe(false);
  });

  test('with an interrupt pending it is a NOP, also when interrupts are off', () => {
    const { machine } = host.start([WFI, addi(A0, A0, 1)]);
    machine.setCsr(MIE, 2n);
    machine.setCsr(0x344, 2n);
    expect(machine.run(2)).toBe('budget');
    expect(machine.x(A0)).toBe(1n);
  });

  test('a byte typed at the console wakes a guest that waits for it', () => {
    const uart = 0x1000_0000n;
    const plic = 0x0c00_0000n;
    const { machine } = host.start([sb(6, 7, 1), sw(6, 8, 40), sw(28, 9, 0), WFI, addi(A0, A0, 1)]);
    machine.setCsr(MIE, 0x800n);
    machine.setX(6, 1n);
    machine.setX(7, uart);
    machine.setX(8, plic);
    machine.setX(9, plic + 0x2000n);
    machine.setX(28, 1n << 10n);
    expect(machine.run(100)).toBe('wfi');
    expect(machine.nextWakeTick()).toBe(Infinity);
    expect(machine.writeConsole(Uint8Array.of(65))).toBe(1);
    expect(machine.isRunnable(0)).toBe(true);
    machine.run(1);
    expect(machine.x(A0)).toBe(1n);
  });
});

test('console output waits for a reader: the run stops with `console`, and loses nothing', () => {
  const { machine } = host.start([addi(A0, A0, 1), sb(A0, A1, 0), jal(0, -8)]);
  machine.setX(A1, 0x1000_0000n);
  const output: number[] = [];
  let stops = 0;
  for (let left = 300_000; left > 0; left -= machine.executed) {
    const reason = machine.run(left);
    if (reason === 'console') stops++;
    output.push(...machine.readConsole());
  }
  expect(stops).toBeGreaterThan(2);
  expect(output.length).toBe(100_000);
  expect(output.every((byte, index) => byte === ((index + 1) & 0xff))).toBe(true);
});

test('the test finisher ends the run with its reason and code', () => {
  const { machine } = host.start([sw(A0, A1, 0), NOP]);
  machine.setX(A0, BigInt((7 << 16) | 0x3333));
  machine.setX(A1, 0x10_0000n);
  expect(machine.run(10)).toBe('shutdown');
  expect(machine.executed).toBe(1);
  expect(machine.exitReason).toBe('fail');
  expect(machine.exitCode).toBe(7);
  expect(machine.run(10)).toBe('shutdown');
  expect(machine.isRunnable(0)).toBe(false);
});

test('a page that the host cannot provide stops the run before the instruction, which is done later', () => {
  const { machine, pages } = host.start([addi(A0, A0, 1), sd(A0, A1, 0), addi(A0, A0, 1)]);
  machine.setX(A1, 0x8001_0000n);
  pages.supply = 0;
  expect(machine.run(3)).toBe('fault');
  expect(machine.executed).toBe(1);
  expect(machine.faultError).toBeInstanceOf(PageUnavailable);
  expect(machine.pc).toBe(RAM + 4n);
  pages.supply = 1;
  expect(machine.run(2)).toBe('budget');
  expect(machine.x(A0)).toBe(2n);
  expect(machine.csr(MCYCLE)).toBe(3n);
});

test('power-on runs the reset vector of the board: a0 the hart, a1 the device tree, then the entry', () => {
  const { machine } = host.createMachine(8 * 1024 * 1024);
  machine.loadElf(tinyElf([NOP, NOP]));
  machine.run(6);
  expect(machine.pc).toBe(RAM);
  expect(machine.x(10)).toBe(0n);
  const tree = machine.readMemory(Number(machine.x(11)), 4);
  expect([...tree]).toEqual([0xd0, 0x0d, 0xfe, 0xed]);
  expect(machine.x(12)).toBe(0x1028n);
  expect(machine.privilege).toBe(3);
  // As on QEMU, mtimecmp starts as 0, and so the timer's interrupt is pending.
  expect(machine.csr(0x344)).toBe(0x80n);
});

test.each([
  ['not an ELF file', () => new Uint8Array(100), /ELF header/],
  ['nothing at all', () => new Uint8Array(0), /ELF header/],
  ['another architecture', () => tinyElf([NOP], (view) => view.setUint16(18, 62, true)), /machine 62/],
  ['32 bits', () => tinyElf([NOP], (view) => view.setUint8(4, 1)), /64-bit/],
  ['headers outside the file', () => tinyElf([NOP], (view) => view.setUint16(56, 999, true)), /program headers/],
  [
    'a segment outside RAM',
    () => tinyElf([NOP], (view) => view.setBigUint64(64 + 24, 0x7fff_f000n, true)),
    /RAM is 0x80000000/,
  ],
  [
    'a segment outside the file',
    () => tinyElf([NOP], (view) => view.setBigUint64(64 + 8, 0x1000n, true)),
    /outside the file/,
  ],
])('an image that is %s is refused with what was expected', (_, image, message) => {
  const { machine } = host.createMachine();
  expect(() => machine.loadElf(image())).toThrow(message);
  expect(() => machine.loadElf(image())).toThrowError(expect.objectContaining({ code: 'MACHINE_BAD_IMAGE' }));
});

test('another Machine over the same block, with an instance of its own, goes on where the first stopped', () => {
  const { machine, pages, base } = host.start([...loop]);
  machine.run(1001);
  const other = Machine.attach(new Core(compileInterpreter(), host.memory), base, pages);
  other.run(999);
  expect(other.x(A0)).toBe(1000n);
  expect(machine.x(A0)).toBe(1000n);
  expect(machine.instructionsExecuted).toBe(2000n);
});

test('privilege moves by traps and returns, and what it may not do is illegal', () => {
  const user = 0x40;
  const { machine } = host.start([
    csrrw(0, MEPC, 5),
    MRET,
    ...new Array<number>(user / 4 - 2).fill(NOP),
    auipc(A0, 0),
    csrrs(A1, MSTATUS, 0),
  ]);
  machine.setCsr(MTVEC, RAM + 0x100n);
  machine.setCsr(0x3b0, (1n << 54n) - 1n);
  machine.setCsr(0x3a0, 0x1fn);
  machine.setX(5, RAM + BigInt(user));
  machine.run(3);
  expect(machine.privilege).toBe(0);
  expect(machine.x(A0)).toBe(RAM + BigInt(user));
  machine.run(1);
  expect(machine.privilege).toBe(3);
  expect(machine.csr(MCAUSE)).toBe(2n);
  expect(machine.csr(0x343)).toBe(BigInt(csrrs(A1, MSTATUS, 0)));
});

test('CSRs of several widths keep their legal bits only', () => {
  const { machine } = host.start([]);
  machine.setCsr(MSTATUS, (1n << 64n) - 1n);
  expect(machine.csr(MSTATUS)).toBe(0xa_0000_0000n | 0x7e_19aan);
  machine.setCsr(MIE, (1n << 64n) - 1n);
  expect(machine.csr(MIE)).toBe(0xaaan);
  machine.setCsr(MEPC, 0x1235n);
  expect(machine.csr(MEPC)).toBe(0x1234n);
  machine.setCsr(0x180, (9n << 60n) | 5n);
  expect(machine.csr(0x180)).toBe(0n);
  expect(machine.csr(0x301)).toBe((2n << 62n) | 0x14_1105n);
  expect(csrrwi(0, MSTATUS, 1) & 0x7f).toBe(0x73);
});

function setTimer(base: number, tick: bigint): void {
  host.core.host.u64[(base + MTIMECMP) >>> 3] = tick;
}

/** One segment at the start of RAM. */
function tinyElf(words: readonly number[], change?: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(120 + words.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setBigUint64(24, RAM, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setBigUint64(72, 120n, true);
  view.setBigUint64(80, RAM, true);
  view.setBigUint64(88, RAM, true);
  view.setBigUint64(96, BigInt(words.length * 4), true);
  view.setBigUint64(104, BigInt(words.length * 4), true);
  words.forEach((word, index) => {
    view.setUint32(120 + index * 4, word, true);
  });
  change?.(view);
  return bytes;
}

// The UART as drivers use it; its registers one by one are held against QEMU in ../qemu-registers.test.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import type { ConsolePort } from '../device.ts';
import { FakeBoard } from '../testing/fake-board.ts';
import { UART_ADDRESS, UART_INTERRUPT, uart16550 } from './mod.ts';

const MEIP = 1 << 11;
const PLIC = 0x0c00_0000;
const [DATA, IER, IIR, LCR, MCR, LSR] = [0, 1, 2, 3, 4, 5].map((offset) => UART_ADDRESS + offset) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const FCR = IIR;

let board: FakeBoard;
let port: ConsolePort;
beforeEach(() => {
  board = new FakeBoard();
  port = board.add(uart16550).console!;
  board.write(PLIC + UART_INTERRUPT * 4, 1);
  board.write(PLIC + 0x2000, 1 << UART_INTERRUPT);
});

function get(register: number): number {
  return board.read(register, 1);
}

function set(register: number, value: number): void {
  board.write(register, value, 1);
}

function output(): string {
  const into = new Uint8Array(8192);
  return Buffer.from(into.subarray(0, port.read(into))).toString('latin1');
}

function type(bytes: Uint8Array): number {
  const accepted = port.write(bytes);
  port.settle();
  return accepted;
}

/** Claims, completes, and answers the source. */
function claim(): number {
  const source = board.read(PLIC + 0x20_0004);
  board.write(PLIC + 0x20_0004, source);
  return source;
}

describe('output', () => {
  test('a driver that polls finds the transmitter always empty', () => {
    for (const character of 'ready') {
      expect(get(LSR) & 0x60).toBe(0x60);
      set(DATA, character.charCodeAt(0));
    }
    expect(output()).toBe('ready');
  });

  test('a driver that waits for interrupts gets one for each empty THR', () => {
    set(IER, 2);
    for (const character of 'ab') {
      expect(board.hartLines & MEIP).toBe(MEIP);
      expect(claim()).toBe(UART_INTERRUPT);
      expect(get(IIR)).toBe(2);
      expect(get(IIR)).toBe(1);
      set(DATA, character.charCodeAt(0));
    }
    set(IER, 0);
    expect(output()).toBe('ab');
  });

  test('the slice is asked to end before the ring overruns, and after the host has read all is there', () => {
    let sent = '';
    while (!port.outputIsFull) {
      const character = String.fromCharCode(0x20 + (sent.length % 90));
      set(DATA, character.charCodeAt(0));
      sent += character;
    }
    expect(board.rechecks).toBe(1);
    expect(sent.length).toBeGreaterThan(4000);
    expect(output()).toBe(sent);
    expect(port.outputIsFull).toBe(false);
  });

  test('a reset keeps what the host has not read', () => {
    set(DATA, 0x41);
    board.devices.at(-1)!.reset();
    expect(output()).toBe('A');
  });
});

describe('input', () => {
  test('without FIFOs a byte waits in RBR and the next behind it', () => {
    set(IER, 1);
    type(Buffer.from('xy'));
    expect(claim()).toBe(UART_INTERRUPT);
    expect(get(IIR)).toBe(4);
    expect(get(DATA)).toBe('x'.charCodeAt(0));
    expect(get(LSR) & 1).toBe(1);
    expect(get(DATA)).toBe('y'.charCodeAt(0));
    expect(get(LSR) & 1).toBe(0);
    expect(get(IIR)).toBe(1);
  });

  test('with FIFOs the interrupt comes at the trigger level, and a timeout for the rest', () => {
    set(FCR, 0x81);
    set(IER, 1);
    type(Buffer.from('0123456789'));
    const seen: number[] = [];
    const read: number[] = [];
    while ((get(LSR) & 1) !== 0) {
      seen.push(get(IIR));
      read.push(get(DATA));
    }
    expect(Buffer.from(read).toString()).toBe('0123456789');
    expect(seen).toEqual([0xc4, 0xc4, 0xc4, ...Array(7).fill(0xcc)]);
    expect(get(IIR)).toBe(0xc1);
  });

  test('clearing the receive FIFO loses what is in it, and not what waits behind', () => {
    set(FCR, 0x41);
    type(Buffer.from('0123456789'));
    set(FCR, 0x43);
    expect(get(DATA)).toBe('4'.charCodeAt(0));
  });

  test('takes as much as the ring holds and says so', () => {
    // One byte is in RBR at once.
    expect(type(new Uint8Array(5000))).toBe(4096);
    expect(type(new Uint8Array(5000))).toBe(1);
  });

  test('loopback keeps the line away', () => {
    set(MCR, 0x10);
    type(Buffer.from('z'));
    expect(get(LSR) & 1).toBe(0);
    set(DATA, 0x55);
    expect(get(DATA)).toBe(0x55);
    expect(output()).toBe('');
    set(MCR, 0);
    expect(get(DATA)).toBe('z'.charCodeAt(0));
  });
});

test('the divisor latch hides data and interrupt enable', () => {
  set(LCR, 0x83);
  set(DATA, 0x34);
  set(IER, 0x12);
  expect([get(DATA), get(IER)]).toEqual([0x34, 0x12]);
  set(LCR, 3);
  expect(get(IER)).toBe(0);
  expect(output()).toBe('');
});

// A guest that keeps its virtio console busy while it moves. The device writes into the guest's memory when the host reads, also while the guest stands
// still; what it has said is done must be done on both hosts.

import { expect, test } from 'vitest';
import { addi, jal, lhu, lui, program, sb, sd, sw } from '../shared/machine/testing/assemble.ts';
import { NS_PER_MS } from '../shared/runtime/mod.ts';
import { MigrationLab } from './migration-lab.ts';

const [T0, T1, T2, T3, AVAIL, DONE] = [5, 6, 7, 28, 8, 9];
const CONSOLE = 0x1000_2000;
const QUEUE = 0x8001_0000;
const TEXT = 0x8002_0000;
const TEXT_BYTES = 12 * 1024;
const bne = (rs1: number, rs2: number, offset: number): number =>
  ((((offset >> 12) & 1) << 31) |
    (((offset >> 5) & 63) << 25) |
    (rs2 << 20) |
    (rs1 << 15) |
    (1 << 12) |
    (((offset >> 1) & 15) << 8) |
    (((offset >> 11) & 1) << 7) |
    0x63) >>>
  0;

/** Loads a constant that is a multiple of 4096, or small, or both added. */
function load(register: number, value: number): number[] {
  const low = value & 0xfff;
  const upper = (value >>> 12) & 0xfffff;
  if (upper === 0 && low < 2048) return [addi(register, 0, low)];
  // Shifted out and in again, so that the upper half is 0.
  const zeroExtend = [
    ((32 << 20) | (register << 15) | (1 << 12) | (register << 7) | 0x13) >>> 0,
    ((32 << 20) | (register << 15) | (5 << 12) | (register << 7) | 0x13) >>> 0,
  ];
  return [
    lui(register, upper),
    ...zeroExtend,
    ...(low < 2048
      ? [addi(register, register, low)]
      : [addi(register, register, 2047), addi(register, register, low - 2047)]),
  ];
}

const write = (address: number, value: number): number[] => [...load(T0, address), ...load(T1, value), sw(T1, T0, 0)];

/** Sets up the transmit queue with one buffer of 12 KiB, and then sends it again and again; each time it waits until the device is done with it. */
function guest(): Uint8Array {
  const registers: [number, number][] = [
    ...([
      [0x70, 0],
      [0x70, 3],
      [0x24, 0],
      [0x20, 0],
      [0x24, 1],
      [0x20, 1],
      [0x70, 0xb],
    ] as [number, number][]),
    ...([
      [0x30, 1],
      [0x38, 8],
      [0x80, QUEUE],
      [0x84, 0],
      [0x90, QUEUE + 128],
      [0x94, 0],
      [0xa0, QUEUE + 0x1000],
      [0xa4, 0],
      [0x44, 1],
      [0x70, 0xf],
    ] as [number, number][]),
  ];
  const newLines = [1, 2, 3].flatMap((count) => [...load(T0, TEXT + count * 4096 - 1), ...load(T1, 10), sb(T1, T0, 0)]);
  const words = [
    ...registers.flatMap(([offset, value]) => write(CONSOLE + offset, value)),
    ...[...load(T0, QUEUE), ...load(T1, TEXT), sd(T1, T0, 0)],
    ...write(QUEUE + 8, TEXT_BYTES),
    ...newLines,
    ...[
      ...load(T2, QUEUE + 128),
      ...load(T3, CONSOLE + 0x50),
      ...load(DONE, QUEUE + 0x1000),
      ...load(T0, 1),
      addi(AVAIL, 0, 0),
    ],
  ];
  const again = [
    addi(AVAIL, AVAIL, 1),
    // sh AVAIL, 2(T2): the available index.
    ((AVAIL << 20) | (T2 << 15) | (1 << 12) | (2 << 7) | 0x23) >>> 0,
    sw(T0, T3, 0),
    // The device is done when its used index is ours.
    lhu(T1, DONE, 2),
    lhu(10, T2, 2),
    bne(T1, 10, -8),
    jal(0, -24),
  ];
  return elf(program(...words, ...again));
}

function elf(code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(120 + code.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setBigUint64(24, 0x8000_0000n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setBigUint64(72, 120n, true);
  view.setBigUint64(80, 0x8000_0000n, true);
  view.setBigUint64(88, 0x8000_0000n, true);
  view.setBigUint64(96, BigInt(code.byteLength), true);
  view.setBigUint64(104, BigInt(code.byteLength), true);
  bytes.set(code, 120);
  return bytes;
}

test('goes on printing after each of many moves', async () => {
  const lab = await MigrationLab.start({ hosts: ['h1', 'h2'], images: { printer: guest() } });
  // Keeps quanta coming on both hosts while the printer stands still.
  await lab.startVm('b1', 'burn', 'duty=100', 'h1', 5 * 1024 * 1024);
  await lab.startVm('b2', 'burn', 'duty=100', 'h2', 6 * 1024 * 1024);
  await lab.cluster.run(() => lab.cluster.startVm(lab.specify('v', 'printer', ''), 'h1'));
  for (let count = 0; count < 24; count += 1) {
    const ended = lab.cluster.next('migration.ended');
    const { answer } = await lab.cluster.run(() => lab.beginMigration('v', count % 2 === 0 ? 'h2' : 'h1'));
    expect(answer).toMatchObject({ ok: true });
    expect((await lab.cluster.run(() => ended)).report).toMatchObject({ outcome: 'completed' });
    const before = lab.lines('v').length;
    await lab.cluster.runFor((100 + 3.7 * count) * NS_PER_MS);
    expect(lab.lines('v').length, `lines after move ${count}`).toBeGreaterThan(before + 5);
  }
});

// The registers of our devices against those of QEMU: the same random accesses to both, every value read compared.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { virtBoardDevices } from './mod.ts';
import { FakeBoard } from './testing/fake-board.ts';
import { QemuBoard } from './testing/qemu-board.ts';
import { isReferenceQemuPresent } from './testing/tool.ts';

interface Access {
  readonly kind: 'read' | 'write';
  readonly address: number;
  readonly size: number;
  readonly value: number;
}

const SEED = 20260514;
const UART = 0x1000_0000;
const PLIC = 0x0c00_0000;
const CLINT = 0x0200_0000;
const BLOCK = 0x1000_1000;
const CONSOLE = 0x1000_2000;
const EMPTY = 0x1000_3000;
const MEDIUM_BYTES = 0x1_0000;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightsout-devices-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function startQemu(): QemuBoard {
  const mediumPath = join(folder, 'medium');
  writeFileSync(mediumPath, '');
  truncateSync(mediumPath, MEDIUM_BYTES);
  return new QemuBoard({ mediumPath, uartPath: join(folder, 'uart'), consolePath: join(folder, 'console') });
}

function board(): FakeBoard {
  const made = new FakeBoard({ mediumBytes: MEDIUM_BYTES });
  for (const type of virtBoardDevices) if (type.name !== 'plic' && type.name !== 'clint') made.add(type);
  return made;
}

function describeAccess({ kind, address, size, value }: Access): string {
  return `${kind} ${size} at 0x${address.toString(16)}${kind === 'write' ? ` of 0x${value.toString(16)}` : ''}`;
}

/** Does the accesses on both boards; on a difference, the message ends with the accesses before it. */
async function compare(accesses: readonly Access[]): Promise<{ ours: string; theirs: string }> {
  const ours = board();
  await using theirs = startQemu();
  for (const [index, access] of accesses.entries()) {
    const { kind, address, size, value } = access;
    if (kind === 'write') {
      ours.write(address, value, size);
      await theirs.write(address, value, size);
      continue;
    }
    const history = accesses.slice(Math.max(0, index - 12), index + 1).map(describeAccess);
    expect(ours.read(address, size), history.join('\n')).toBe(await theirs.read(address, size));
  }
  await theirs[Symbol.asyncDispose]();
  const output = new Uint8Array(8192);
  const console = ours.devices.find((device) => device.address === UART)!.console!;
  return {
    ours: Buffer.from(output.subarray(0, console.read(output))).toString('hex'),
    theirs: readFileSync(join(folder, 'uart')).toString('hex'),
  };
}

function sample(arbitrary: fc.Arbitrary<Access>, count: number): Access[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count });
}

function access(addresses: readonly number[], size: number, values: fc.Arbitrary<number>): fc.Arbitrary<Access> {
  return fc.record({
    kind: fc.constantFrom('read', 'write'),
    address: fc.constantFrom(...addresses),
    size: fc.constant(size),
    value: values,
  });
}

const uartBytes = fc.oneof(fc.constantFrom(0, 1, 2, 3, 7, 0x10, 0x13, 0x41, 0x83), fc.integer({ min: 0, max: 255 }));
/** The trigger level stays 1: below a higher one QEMU waits for its clock, which stands, and we report a timeout at once. */
const uartAccess = fc.oneof(
  {
    weight: 7,
    arbitrary: access(
      [0, 1, 3, 4, 5, 6, 7].map((offset) => UART + offset),
      1,
      uartBytes,
    ),
  },
  {
    weight: 1,
    arbitrary: access(
      [UART + 2],
      1,
      uartBytes.map((value) => value & 0x3f),
    ),
  },
);
/** Dwells on the data register, in loopback too, where the divisor latch is not in the way. */
const uartTraffic = fc.oneof(
  { weight: 4, arbitrary: access([UART, UART + 5, UART + 2], 1, fc.constantFrom(1, 7, 0x21, 0x22)) },
  { weight: 1, arbitrary: access([UART + 4], 1, fc.constantFrom(0x0b, 0x1b)) },
  { weight: 1, arbitrary: access([UART + 1], 1, fc.integer({ min: 0, max: 15 })) },
);
const plicWords = [
  ...[0, 1, 2, 10, 31, 32, 95, 96, 97].map((source) => source * 4),
  ...[0x1000, 0x1004, 0x1008, 0x1ffc, 0x2000, 0x2004, 0x2008, 0x200c, 0x2080, 0x2084, 0x2100],
  ...[0x20_0000, 0x20_0004, 0x20_0008, 0x20_1000, 0x20_1004, 0x20_2000, 0x20_2004],
];
const plicAccess = access(
  plicWords.map((offset) => PLIC + offset),
  4,
  fc.oneof(fc.constantFrom(0, 1, 2, 7, 10, 0x400, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff })),
);

describe.runIf(isReferenceQemuPresent())('registers, against QEMU', () => {
  test('the UART answers every access as QEMU does, and sends the same bytes', async () => {
    const output = await compare(sample(uartAccess, 1500));
    expect(output.ours).toBe(output.theirs);
    expect(output.ours.length).toBeGreaterThan(50);
  });

  test('the UART moves bytes through its FIFOs and loopback as QEMU does', async () => {
    const output = await compare([
      { kind: 'write', address: UART + 3, size: 1, value: 3 },
      ...sample(uartTraffic, 1500),
    ]);
    expect(output.ours).toBe(output.theirs);
  });

  test('the PLIC answers as QEMU does, with the UART as its source', async () => {
    await compare(
      sample(
        fc.oneof(
          { weight: 3, arbitrary: plicAccess },
          { weight: 1, arbitrary: access([UART + 1, UART + 2], 1, fc.constantFrom(0, 2, 3)) },
        ),
        1500,
      ),
    );
  });

  test('the CLINT answers as QEMU does while time stands still', async () => {
    const registers = [0, 4, 0x4000, 0x4004, 0x4008, 0xbff8, 0xbffc].map((offset) => CLINT + offset);
    const values = fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 0x1f_ffff }));
    await compare(sample(access(registers, 4, values), 600));
  });

  test('virtio slots answer as QEMU does, but for features that are not offered', async () => {
    const registers = [0, 4, 8, 0xc, 0x14, 0x24, 0x30, 0x34, 0x38, 0x60, 0x64, 0xa8, 0xfc];
    const addresses = [BLOCK, CONSOLE, EMPTY].flatMap((slot) => registers.map((offset) => slot + offset));
    await compare(sample(access(addresses, 4, fc.constantFrom(0, 1, 64, 128)), 800));
  });

  test('the configuration spaces read as on QEMU, at every width', async () => {
    const geometry = [16, 17, 18, 19];
    const reads: Access[] = [];
    for (const slot of [BLOCK, CONSOLE, EMPTY]) {
      for (const size of [1, 2, 4]) {
        for (let offset = 0; offset < 72; offset += size) {
          if (slot === BLOCK && geometry.includes(offset)) continue;
          reads.push({ kind: 'read', address: slot + 0x100 + offset, size, value: 0 });
        }
      }
    }
    await compare(reads);
  });
});

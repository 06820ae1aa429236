// The tree that we build, read back by dtc, and compared with the one that QEMU makes for its own board.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { QEMU } from '../testing/qemu-board.ts';
import { isReferenceQemuPresent, isToolPresent } from '../testing/tool.ts';
import { boardDeviceTree, flattenTree } from './mod.ts';

const EXTENSIONS = ['i', 'm', 'a', 'c', 'zicntr', 'zicsr', 'zifencei'];

const tree = boardDeviceTree({
  memoryBytes: 128 * 1024 * 1024,
  isaExtensions: EXTENSIONS,
  mmu: 'sv39',
  bootArguments: 'burn duty=40',
  initialRamDisk: { start: 0x8400_0000, end: 0x8480_0000 },
  randomSeed: Uint8Array.of(1, 2, 3, 4),
});

/** The source that dtc makes of a tree, and its warnings. */
function decompile(blob: Uint8Array): { source: string; warnings: string } {
  const { stdout, stderr, status } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts'], { input: blob, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return { source: stdout, warnings: stderr };
}

/** Properties by path, from dtc's source: `/soc/plic@c000000/phandle` → `<0x03>`. */
function propertiesOf(source: string): Map<string, string> {
  const properties = new Map<string, string>();
  const path: string[] = [];
  for (const line of source.split('\n').map((text) => text.trim())) {
    const opening = /^(\S+) \{$/.exec(line);
    const property = /^([^={}]+?)(?: = (.*))?;$/.exec(line);
    if (opening !== null) path.push(opening[1] === '/' ? '' : opening[1]!);
    else if (line === '};') path.pop();
    else if (property !== null && path.length > 0)
      properties.set(`${path.join('/')}/${property[1]}`, property[2] ?? '');
  }
  return properties;
}

test('the header says where the blocks are', () => {
  const view = new DataView(tree.buffer);
  expect(view.getUint32(0)).toBe(0xd00d_feed);
  expect(view.getUint32(4)).toBe(tree.length);
  expect(view.getUint32(8) % 4).toBe(0);
  expect(view.getUint32(12)).toBe(view.getUint32(8) + view.getUint32(36));
  expect(view.getUint32(16) % 8).toBe(0);
  expect(view.getUint32(20)).toBe(17);
  expect(view.getUint32(24)).toBe(16);
});

test('a cell that does not fit 32 bits is a bug', () => {
  expect(() => flattenTree({ properties: { reg: 2 ** 32 } })).toThrow('does not fit');
});

describe.runIf(isToolPresent('dtc', 'device-tree-compiler'))('read by dtc', () => {
  test('says what was asked for', () => {
    const properties = propertiesOf(decompile(tree).source);
    expect(properties.get('/chosen/bootargs')).toBe('"burn duty=40"');
    expect(properties.get('/chosen/linux,initrd-start')).toBe('<0x00 0x84000000>');
    expect(properties.get('/chosen/rng-seed')).toBe('<0x1020304>');
    expect(properties.get('/memory@80000000/reg')).toBe('<0x00 0x80000000 0x00 0x8000000>');
    expect(properties.get('/cpus/timebase-frequency')).toBe('<0x989680>');
    expect(properties.get('/cpus/cpu@0/riscv,isa')).toBe('"rv64imac_zicntr_zicsr_zifencei"');
    expect(properties.get('/cpus/cpu@0/riscv,isa-base')).toBe('"rv64i"');
    expect(properties.get('/cpus/cpu@0/riscv,isa-extensions')).toBe('"i\\0m\\0a\\0c\\0zicntr\\0zicsr\\0zifencei"');
    expect(properties.get('/cpus/cpu@0/mmu-type')).toBe('"riscv,sv39"');
  });

  test.runIf(isReferenceQemuPresent())('every node is as on QEMU’s board, but for the processor', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightsout-tree-'));
    const path = join(folder, 'virt.dtb');
    spawnSync(QEMU, ['-M', `virt,dumpdtb=${path}`, '-m', '128M'], { stdio: 'ignore' });
    const theirs = decompile(readFileSync(path));
    rmSync(folder, { recursive: true });
    const ours = decompile(tree);
    const expected = propertiesOf(theirs.source);
    const mayDiffer = /^\/cpus\/cpu@0\/(riscv,isa.*|mmu-type)$|^\/chosen\/(bootargs|linux,initrd-.*|rng-seed)$/;
    for (const [name, value] of propertiesOf(ours.source)) {
      if (!mayDiffer.test(name)) expect(`${name} = ${value}`).toBe(`${name} = ${expected.get(name)}`);
    }
    // dtc finds fault with both boards for the same reasons, and with ours for none of its own.
    const faults = (text: string) => new Set(text.match(/\([a-z_]+\): \/[^:]*/g) ?? []);
    expect([...faults(ours.warnings)].filter((fault) => !faults(theirs.warnings).has(fault))).toEqual([]);
  });
});

// What every version of LocalDisk promises, run against the live and the in-memory one. What only one of them can show is in its own tests.

import { expect, it } from 'vitest';
import { bytes, codeOf, type OpenContractWorld, text, withNodes } from './world.ts';

export function localDiskContract(open: OpenContractWorld): void {
  it('writes, reads, replaces, appends, lists and removes', () =>
    withNodes(open, ['a'], async ({ disk }) => {
      expect(await disk.read('epochs/vm-1')).toBeUndefined();
      expect(await disk.list('epochs')).toEqual([]);
      await disk.writeAtomically('epochs/vm-1', bytes('1'));
      await disk.writeAtomically('epochs/vm-1', bytes('22'));
      await disk.append('events', bytes('one,'));
      await disk.append('events', bytes('two'));
      await disk.writeAtomically('epochs/deep/x', bytes(''));
      expect(text((await disk.read('epochs/vm-1'))!)).toBe('22');
      expect(text((await disk.read('events'))!)).toBe('one,two');
      expect(await disk.list('epochs')).toEqual(['deep', 'vm-1']);
      expect(await disk.list('')).toEqual(['epochs', 'events']);
      await disk.remove('epochs/vm-1');
      await disk.remove('epochs/vm-1');
      expect(await disk.list('epochs')).toEqual(['deep']);
    }));

  it('appends in the order of the calls', () =>
    withNodes(open, ['a'], async ({ disk }) => {
      const parts = Array.from({ length: 50 }, (_, index) => `${index};`);
      await Promise.all(parts.map((part) => disk.append('log', bytes(part))));
      expect(text((await disk.read('log'))!)).toBe(parts.join(''));
    }));

  it('gives each node its own files, which are there again after a restart', async () => {
    await withNodes(open, ['a', 'b', 'a'], async (a, b, again) => {
      await a.disk.writeAtomically('x', bytes('mine'));
      expect(await b.disk.read('x')).toBeUndefined();
      expect(text((await again.disk.read('x'))!)).toBe('mine');
    });
  });

  it('refuses paths that leave the root', () =>
    withNodes(open, ['a'], async ({ disk }) => {
      for (const path of ['../x', '/etc/x', 'a/../../x', 'a//b', '.', 'a/.', '']) {
        expect(await codeOf(disk.writeAtomically(path, bytes('')))).toBe('RUNTIME_BAD_PATH');
        expect(await codeOf(disk.read(path))).toBe('RUNTIME_BAD_PATH');
      }
      expect(await codeOf(disk.list('..'))).toBe('RUNTIME_BAD_PATH');
    }));
}

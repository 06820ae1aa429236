import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytes, codeOf } from '../contract/world.ts';
import { FileDisk } from './mod.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lightsout-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('leaves nothing aside, and does not show what a crash left there', async () => {
  const disk = new FileDisk(root);
  await Promise.all(['1', '2', '3'].map((content) => disk.writeAtomically('f', bytes(content))));
  expect(readdirSync(root)).toEqual(['f']);
  writeFileSync(join(root, '.aside-left'), 'half');
  expect(await disk.list('')).toEqual(['f']);
});

it('says which file and why when the disk refuses, and goes on', async () => {
  const disk = new FileDisk(root);
  await disk.writeAtomically('file', bytes('x'));
  expect(await codeOf(disk.writeAtomically('file/below', bytes('x')))).toBe('RUNTIME_DISK');
  await expect(disk.append('file/below', bytes('x'))).rejects.toThrow(/file\/below could not be extended/);
  await disk.append('file', bytes('y'));
});

// The tidy test, after TigerBeetle's: house rules that no linter knows, held over the whole checkout, and a sample of
// wrong code for each so that a rule that stopped working is noticed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as rules from './tidy/rules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PRODUCT = ['shared', 'services'];
const EVERYTHING = [...PRODUCT, 'guests', 'bench', 'tools', 'test', 'types', 'scenarios', 'docs', '.'];

function filesUnder(folder: string, pattern: RegExp): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: folder !== '.' });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .filter((path) => !path.includes('node_modules/'));
}

function read(folders: readonly string[], pattern: RegExp): rules.SourceFile[] {
  const paths = folders.flatMap((folder) => filesUnder(folder, pattern));
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function complaintsOf(rule: rules.Rule, files: readonly rules.SourceFile[]): string[] {
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap((file) => rule(file).map((complaint) => `${file.path}: ${complaint}`));
}

/** The samples of wrong code below, and the patterns that find it, are not wrong code. */
const isNotOurs = (file: rules.SourceFile) => !file.path.startsWith('test/tidy');

describe('in the checkout', () => {
  const productCode = read(PRODUCT, /\.(ts|css)$/);
  const allCode = read(EVERYTHING, /\.(ts|mjs)$/);
  const allText = read(EVERYTHING, /\.(ts|mjs|md|yaml|json|c|h|S|css|html)$/);
  const documents = read(EVERYTHING, /\.md$/);

  it('every source file opens with a comment', () => {
    expect(complaintsOf(rules.opensWithComment, allCode)).toEqual([]);
  });
  it('every long file says why it is long', () => {
    expect(complaintsOf(rules.longFilesSayWhy, allCode)).toEqual([]);
  });
  it('no product code reads the time but through the Clock', () => {
    expect(complaintsOf(rules.timeComesFromTheClock, productCode)).toEqual([]);
  });
  it('no product code and no test draws without a seed', () => {
    const code = read([...PRODUCT, 'test'], /\.ts$/).filter(isNotOurs);
    expect(complaintsOf(rules.chanceComesFromASeed, code)).toEqual([]);
  });
  it('only main.ts knows about the process it runs in', () => {
    expect(complaintsOf(rules.environmentIsReadInMain, productCode)).toEqual([]);
  });
  it('nothing is put off', () => {
    expect(complaintsOf(rules.nothingIsPutOff, allText.filter(isNotOurs))).toEqual([]);
  });
  it('file names say something', () => {
    expect(complaintsOf(rules.namesSaySomething, allCode)).toEqual([]);
  });
  it('links in documents lead somewhere', () => {
    expect(complaintsOf(rules.linksLeadSomewhere(ROOT), documents)).toEqual([]);
  });
  it('the lock file names no place of download', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const packages = Object.entries<{ resolved?: string }>(lock.packages);
    expect(packages.length).toBeGreaterThan(1);
    expect(packages.filter(([, locked]) => locked.resolved !== undefined)).toEqual([]);
  });
});

describe('the rules complain about', () => {
  const file = (path: string, text: string): rules.SourceFile => ({ path, text });
  const wrong: [string, rules.Rule, rules.SourceFile][] = [
    ['a file without a head comment', rules.opensWithComment, file('shared/a.ts', 'export const a = 1;\n')],
    ['a long file', rules.longFilesSayWhy, file('shared/a.ts', `// A thing.\n${'x;\n'.repeat(500)}`)],
    ['the wall clock', rules.timeComesFromTheClock, file('shared/cluster/a.ts', 'const a = Date.now();\n')],
    ['a timer', rules.timeComesFromTheClock, file('services/api/a.ts', 'setTimeout(a, 1);\n')],
    ['unseeded chance', rules.chanceComesFromASeed, file('shared/a.test.ts', 'Math.random();\n')],
    ['the environment', rules.environmentIsReadInMain, file('services/api/a.ts', "process.env['HOME'];\n")],
    ['what is put off', rules.nothingIsPutOff, file('shared/a.ts', '// TODO: later\n')],
    ['an empty word', rules.namesSaySomething, file('shared/vmm/page-utils.ts', '')],
    ['a dead link', rules.linksLeadSomewhere(ROOT), file('docs/a.md', 'See [it](not-there.md).\n')],
    ['a dead heading', rules.linksLeadSomewhere(ROOT), file('docs/a.md', '[it](../CONTRIBUTING.md#not-there)\n')],
  ];
  it.each(wrong)('%s', (_, rule, sample) => {
    expect(rule(sample)).toHaveLength(1);
  });

  const right: [string, rules.Rule, rules.SourceFile][] = [
    ['a long file with its reason', rules.longFilesSayWhy, file('a.ts', `// Long: a table.\n${'x;\n'.repeat(500)}`)],
    ['the wall clock in live ports', rules.timeComesFromTheClock, file('shared/runtime/live/a.ts', 'Date.now();\n')],
    ['the wall clock in a comment', rules.timeComesFromTheClock, file('shared/a.ts', 'a(); // not Date.now()\n')],
    ['a script with its interpreter', rules.opensWithComment, file('tools/a.mjs', '#!/usr/bin/env node\n// What.\n')],
    ['a link that leads somewhere', rules.linksLeadSomewhere(ROOT), file('docs/a.md', '[it](../package.json)\n')],
  ];
  it.each(right)('but not about %s', (_, rule, sample) => {
    expect(rule(sample)).toEqual([]);
  });
});

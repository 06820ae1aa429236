// `lightsout isa-test` on programs made here: each way a test can end, each reason for which a file is left out, and the exit codes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIsaTests } from '../services/cli/isa-test/isa-test.ts';
import { isaTestCommand, renderIsaTests } from '../services/cli/isa-test-command.ts';
import type { Surroundings } from '../services/cli/surroundings.ts';
import { Assembler, Label } from './oracle/assembler.ts';
import { elfFile } from './oracle/elf-file.ts';
import { WFI } from './oracle/snippets/modes.ts';

const BASE = 0x8000_0000;
const TOHOST = BASE + 0x1000;
const FROMHOST = BASE + 0x1040;
const A0 = 10;
const A1 = 11;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lightsout-isa-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** An ELF file of which `body` writes the code; a jump to itself ends it. */
const testProgram = (
  body: (asm: Assembler) => void,
  symbols: Record<string, number> = { tohost: TOHOST },
): Uint8Array => {
  const asm = new Assembler(BASE, 0x2000);
  body(asm);
  const forever = new Label('forever');
  asm.place(forever);
  asm.jal(0, forever);
  asm.finish(0x800, 0x1000);
  return elfFile(asm.image, BASE, symbols);
};

const report = (asm: Assembler, word: bigint): void => {
  asm.constant(A0, BigInt(TOHOST));
  asm.constant(A1, word);
  asm.store('sd', 3, A1, A0, 0);
};

const put = (name: string, content: Uint8Array | string): void => writeFileSync(join(directory, name), content);
const terminal = { width: 100, colours: false };
const outcomes = (limit = 100_000): Record<string, unknown> =>
  Object.fromEntries(
    runIsaTests({ directory, instructionLimit: limit }).results.map(({ name, outcome }) => [name, outcome]),
  );

describe('isa-test', () => {
  it('tells passed, failed with its number, and not finished apart', () => {
    put(
      'x-p-good',
      testProgram((asm) => report(asm, 1n)),
    );
    put(
      'x-p-third',
      testProgram((asm) => report(asm, (3n << 1n) | 1n)),
    );
    put(
      'x-p-endless',
      testProgram(() => undefined),
    );
    put(
      'x-p-sleeps',
      testProgram((asm) => asm.system('wfi', WFI)),
    );
    put(
      'x-p-odd',
      testProgram((asm) => report(asm, 0x0200_0000_0000_0000n)),
    );
    expect(outcomes()).toEqual({
      'x-p-good': { kind: 'passed' },
      'x-p-third': { kind: 'failed', test: 3 },
      'x-p-endless': { kind: 'unfinished', reason: 'no result after 100000 instructions' },
      'x-p-sleeps': { kind: 'unfinished', reason: 'it waits for ever (WFI)' },
      'x-p-odd': { kind: 'unfinished', reason: 'it asked the host for 0x200000000000000' },
    });
  });

  it('prints what a test writes to the terminal, and answers through fromhost', () => {
    const program = testProgram(
      (asm) => {
        report(asm, 0x0101_0000_0000_0000n | 0x48n);
        const wait = new Label('wait');
        asm.place(wait);
        asm.load('ld', 3, A1, A0, FROMHOST - TOHOST);
        asm.branch('beq', 0, A1, 0, wait);
        report(asm, 1n);
      },
      { tohost: TOHOST, fromhost: FROMHOST },
    );
    put('x-v-prints', program);
    const [result] = runIsaTests({ directory }).results;
    expect(result).toMatchObject({ outcome: { kind: 'passed' }, text: 'H' });
  });

  it('starts every test in memory that no other has touched', () => {
    // Each counts up a word behind its image and fails when it finds it counted.
    const program = testProgram((asm) => {
      asm.constant(A0, BigInt(BASE + 0x10_0000));
      asm.load('ld', 3, A1, A0, 0);
      asm.addi(A1, A1, 1);
      asm.store('sd', 3, A1, A0, 0);
      asm.constant(A0, BigInt(TOHOST));
      asm.store('sd', 3, A1, A0, 0);
    });
    put('first', program);
    put('second', program);
    expect(outcomes()).toEqual({ first: { kind: 'passed' }, second: { kind: 'passed' } });
  });

  it('says why a file is left out', () => {
    const good = testProgram((asm) => report(asm, 1n));
    put('a-listing.dump', 'text');
    put(
      'b-narrow',
      good.map((byte, index) => (index === 4 ? 1 : byte)),
    );
    put(
      'c-foreign',
      good.map((byte, index) => (index === 18 ? 62 : byte)),
    );
    put(
      'd-mute',
      testProgram((asm) => report(asm, 1n), {}),
    );
    put('e-elsewhere', elfFile(new Uint8Array(8), 0x1000, { tohost: 0x1000 }));
    put('f-good', good);
    const { results, skipped } = runIsaTests({ directory });
    expect(results.map(({ name }) => name)).toEqual(['f-good']);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'not an ELF file',
      'a 32-bit ELF file',
      'not for RISC-V',
      'no symbol tohost',
      expect.stringContaining('a segment goes to 0x1000'),
    ]);
  });

  it('counts by group and shows what failed', () => {
    put(
      'rv64mi-p-ld-misaligned',
      testProgram((asm) => report(asm, 1n)),
    );
    put(
      'rv64mi-p-csr',
      testProgram((asm) => report(asm, 5n)),
    );
    put('readme', 'text');
    const text = renderIsaTests(terminal, runIsaTests({ directory }));
    expect(text).toMatch(/rv64mi-p +2 +1 +1 /);
    expect(text).toContain('rv64mi-p-csr: test 2 failed');
    expect(text).toContain('skipped, not an ELF file: readme');
    expect(text).toMatch(/1 passed, 1 failed, 1 skipped$/);
  });
});

describe('the command', () => {
  const run = (path: string, json = false): { code: number; text: string } => {
    let text = '';
    const write = (part: string): void => {
      text += part;
    };
    const out = { terminal, write };
    // The command uses nothing else of what surrounds it.
    const surroundings = { workingPath: directory, out, complaints: out } as unknown as Surroundings;
    const code = isaTestCommand(surroundings, path, { json });
    return { code, text };
  };

  it('exits with 0 when all pass, 1 when one fails', () => {
    put(
      'good',
      testProgram((asm) => report(asm, 1n)),
    );
    expect(run('.').code).toBe(0);
    put(
      'bad',
      testProgram((asm) => report(asm, 3n)),
    );
    expect(run('.').code).toBe(1);
  });

  it('prints one JSON object', () => {
    put(
      'good',
      testProgram((asm) => report(asm, 1n)),
    );
    expect(JSON.parse(run('.', true).text)).toMatchObject({
      passed: 1,
      failed: 0,
      skipped: [],
      results: [{ name: 'good', outcome: { kind: 'passed' } }],
    });
  });

  it.each([
    ['a directory without tests', '.', /no ELF file in it/],
    ['what is not there', 'nowhere', /not a directory/],
  ])('refuses %s with exit code 2', (_, path, message) => {
    put('notes', 'text');
    expect(() => run(path)).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }));
  });
});

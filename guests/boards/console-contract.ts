// How each guest behaves on its console, as a table of tests for any board. README.md promises what is tested here.

import { afterEach, describe, expect, it } from 'vitest';
import { BATCH_DEFAULTS, expectedBatchChecksums } from '../batch/expected.ts';
import { expectedBurnState } from '../burn/expected.ts';
import { ask, type Board, fields, type GuestRun, type GuestStart, numberIn, statsUntil } from './board.ts';

const READY = /^lightsout (idle|burn|dirty|batch) ready memory-kib=\d+( [a-z-]+=\S+)*$/;

export function describeConsoleOf(board: Board): void {
  const runs: GuestRun[] = [];

  afterEach(() => {
    for (const run of runs.splice(0)) run.stop();
  });

  function start(options: GuestStart): GuestRun {
    const run = board.start(options);
    runs.push(run);
    return run;
  }

  async function ready(options: GuestStart): Promise<GuestRun> {
    const run = start(options);
    expect(await run.nextLine()).toMatch(READY);
    return run;
  }

  describe('every guest', () => {
    it('says how much memory the device tree gives and its name', async () => {
      const run = start({ guest: 'idle', bootArguments: 'name=vm-7', memoryMib: 32 });
      expect(await run.nextLine()).toBe('lightsout idle ready memory-kib=32768 name=vm-7 fill-kib=0');
    });

    it('answers each line with one line, and an empty line with none', async () => {
      const run = await ready({ guest: 'idle' });
      run.type('ping\r\n\n   \nping\rnonsense 1 2\n');
      expect(await run.nextLine()).toBe('pong');
      expect(await run.nextLine()).toBe('pong');
      expect(await run.nextLine()).toBe('error: unknown command nonsense; try help');
      expect(await ask(run, 'help')).toBe('commands: ping help shutdown stats check; settings: echo fill-kib');
    });

    it('takes back bytes at a backspace', async () => {
      const run = await ready({ guest: 'idle' });
      expect(await ask(run, 'x\b\b\bpinx\x7fg')).toBe('pong');
    });

    it('echoes what is typed when asked to', async () => {
      const run = await ready({ guest: 'idle', bootArguments: 'echo=1' });
      run.type('ping\n');
      expect(await run.nextLine()).toBe('ping');
      expect(await run.nextLine()).toBe('pong');
    });

    it('refuses lines that are too long or have too many words, and goes on', async () => {
      const run = await ready({ guest: 'idle' });
      expect(await ask(run, 'x'.repeat(127))).toMatch(/^error: unknown command x{127};/);
      expect(await ask(run, 'x'.repeat(128))).toBe('error: line longer than 127 characters');
      expect(await ask(run, 'a b c d e f g h i')).toBe('error: more than 8 words');
      expect(await ask(run, 'ping')).toBe('pong');
    });

    it('loses nothing of a burst longer than its buffers', async () => {
      const run = await ready({ guest: 'idle' });
      run.type('ping\n'.repeat(400));
      for (let i = 0; i < 400; i++) expect(await run.nextLine()).toBe('pong');
    });

    it('powers off with success on shutdown', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'duty=100' });
      run.type('shutdown\n');
      expect(await run.end()).toEqual({ exitCode: 0, lines: ['ok shutdown'] });
    });

    it.each([
      ['duty', 'error: boot argument duty is not of the form key=value'],
      ['duti=5', 'error: no boot argument is called duti; there are: name echo duty work rate period-ms fill-kib'],
      ['duty=101', 'error: duty takes a whole number from 0 to 100, not 101'],
      ['period-ms=0', 'error: period-ms takes a whole number from 1 to 10000, not 0'],
      ['echo=yes', 'error: echo takes 0 or 1, not yes'],
    ])('refuses to start with the boot argument %s', async (bootArguments, line) => {
      const run = start({ guest: 'burn', bootArguments });
      expect(await run.end()).toEqual({ exitCode: 2, lines: [line] });
    });
  });

  describe.each(['idle', 'burn'] as const)('memory that %s holds', (guest) => {
    it('is filled before it is ready, and can be checked', async () => {
      const run = start({ guest, bootArguments: 'fill-kib=1024', memoryMib: 16 });
      expect(fields(await run.nextLine()).get('fill-kib')).toBe('1024');
      expect(await ask(run, 'check')).toBe('check ok 256 pages');
      expect(await ask(run, 'fill-kib 0')).toBe('error: fill-kib can only be set by a boot argument');
    });

    it('is none unless asked for', async () => {
      expect(await ask(await ready({ guest }), 'check')).toBe('check ok 0 pages');
    });

    it.each([
      ['fill-kib=1026', /^error: fill-kib 1026: not a multiple of 4$/],
      ['fill-kib=16384', /^error: fill-kib takes a whole number from 0 to 1\d{4}, not 16384$/],
    ])('is refused with the boot argument %s', async (bootArguments, line) => {
      const { exitCode, lines } = await start({ guest, bootArguments, memoryMib: 16 }).end();
      expect(exitCode).toBe(2);
      expect(lines).toEqual([expect.stringMatching(line)]);
    });
  });

  describe('burn', () => {
    it('takes its demand from boot arguments and the console', async () => {
      const run = start({ guest: 'burn', bootArguments: 'duty=35 period-ms=50' });
      expect(await run.nextLine()).toMatch(
        /^lightsout burn ready memory-kib=65536 duty=35 work=0 rate=0 period-ms=50 fill-kib=0$/,
      );
      expect(await ask(run, 'duty')).toBe('duty 35');
      expect(await ask(run, 'duty 5')).toBe('ok duty 5');
      expect(await ask(run, 'duty')).toBe('duty 5');
      expect(await ask(run, 'duty 101')).toBe('error: duty takes a whole number from 0 to 100, not 101');
      expect(await ask(run, 'duty -1')).toBe('error: duty takes a whole number from 0 to 100, not -1');
      expect(await ask(run, 'duty 5 6')).toBe('error: duty takes one value');
      expect(await ask(run, 'rate 500')).toBe('ok rate 500');
      expect(await ask(run, 'work 12')).toBe('ok work 12');
      expect(await ask(run, 'period-ms 20')).toBe('ok period-ms 20');
    });

    it('does nothing at duty 0', async () => {
      const run = await ready({ guest: 'burn' });
      run.advance(500);
      expect(numberIn(await ask(run, 'stats'), 'iterations')).toBe(0);
    });

    it('notices the console at duty 100', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'duty=100 period-ms=10' });
      await statsUntil(run, (stats) => numberIn(stats, 'periods') > 3 && numberIn(stats, 'iterations') > 0);
      expect(await ask(run, 'duty 0')).toBe('ok duty 0');
      const before = numberIn(await ask(run, 'stats'), 'iterations');
      run.advance(50);
      expect(numberIn(await ask(run, 'stats'), 'iterations')).toBe(before);
    });

    it('does exactly the work of each period', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'work=700 period-ms=10' });
      const stats = await statsUntil(run, (line) => numberIn(line, 'periods') >= 5);
      expect(numberIn(stats, 'iterations') + numberIn(stats, 'backlog') + numberIn(stats, 'dropped')).toBe(
        700 * numberIn(stats, 'periods'),
      );
    });

    it('does a rate of instructions, whole iterations at a time', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'rate=333 period-ms=7' });
      const stats = await statsUntil(run, (line) => numberIn(line, 'periods') >= 20);
      const demanded = Math.floor((333 * 7 * numberIn(stats, 'periods')) / 20);
      expect(numberIn(stats, 'iterations') + numberIn(stats, 'backlog') + numberIn(stats, 'dropped')).toBe(demanded);
    });

    it('owes at most a second of work that it cannot do', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'work=100000000 period-ms=100' });
      const stats = await statsUntil(run, (line) => numberIn(line, 'dropped') > 0);
      expect(numberIn(stats, 'backlog')).toBeLessThanOrEqual(1_000_000_000);
      expect(numberIn(stats, 'behind-ms')).toBeLessThanOrEqual(1000);
      expect(numberIn(stats, 'iterations') + numberIn(stats, 'backlog') + numberIn(stats, 'dropped')).toBe(
        100_000_000 * numberIn(stats, 'periods'),
      );
    });

    it('shows a state that follows from the iterations alone', async () => {
      const run = await ready({ guest: 'burn', bootArguments: 'work=1234 period-ms=10' });
      const stats = await statsUntil(run, (line) => numberIn(line, 'iterations') >= 5000);
      expect(fields(stats).get('state')).toBe(expectedBurnState(numberIn(stats, 'iterations')));
    });
  });

  describe('dirty', () => {
    const loads = [
      'rate-kib=4096 set-kib=512',
      'rate-kib=40000 set-kib=64 order=random seed=7',
      'rate-kib=4096 set-kib=512 whole=1 order=random',
      'rate-kib=4096 set-kib=512 fill=0',
    ];

    it.each(loads)('keeps what it wrote with %s', async (bootArguments) => {
      const run = await ready({ guest: 'dirty', bootArguments });
      const setKib = Number(fields(bootArguments).get('set-kib'));
      await statsUntil(run, (stats) => numberIn(stats, 'writes') > setKib / 2);
      expect(await ask(run, 'check')).toBe(`check ok ${setKib / 4} pages`);
    });

    it('writes at its rate, or says what it still owes', async () => {
      const run = await ready({ guest: 'dirty', bootArguments: 'rate-kib=1000 set-kib=64 period-ms=10' });
      const stats = await statsUntil(run, (line) => numberIn(line, 'periods') >= 12);
      const demanded = Math.floor((1000 * 10 * numberIn(stats, 'periods')) / 4000);
      expect(numberIn(stats, 'writes') + numberIn(stats, 'backlog') + numberIn(stats, 'dropped')).toBe(demanded);
    });

    it.each(['fill=1', 'fill=0', 'whole=1'])('finds a word that was changed, with %s', async (bootArguments) => {
      const run = await ready({ guest: 'dirty', bootArguments: `rate-kib=0 set-kib=64 ${bootArguments}` });
      expect(await ask(run, 'check')).toBe('check ok 16 pages');
      expect(await ask(run, 'poke 15 511 77')).toBe('ok poke 15 511');
      expect(await ask(run, 'check')).toMatch(
        /^check failed: page 15 word 511 expected [0-9a-f]{16} found 000000000000004d after 0 writes of the page$/,
      );
      expect(await ask(run, 'poke 16 0 1')).toBe('error: poke takes a page below 16, a word below 512 and a value');
    });

    it('begins anew when the set changes', async () => {
      const run = await ready({ guest: 'dirty', bootArguments: 'rate-kib=4096 set-kib=64' });
      await statsUntil(run, (stats) => numberIn(stats, 'writes') > 0);
      expect(await ask(run, 'rate-kib 0')).toBe('ok rate-kib 0');
      for (const change of ['set-kib 256', 'whole 1', 'fill 0', 'set-kib 128']) {
        expect(await ask(run, change)).toBe(`ok ${change}`);
        expect(numberIn(await ask(run, 'stats'), 'writes')).toBe(0);
      }
      expect(await ask(run, 'check')).toBe('check ok 32 pages');
      expect(await ask(run, 'order random')).toBe('ok order random');
      expect(await ask(run, 'order up')).toBe('error: order takes seq or random, not up');
      expect(await ask(run, 'set-kib 7')).toBe('error: set-kib 7: not a multiple of 4');
      expect(await ask(run, 'seed 7')).toBe('error: seed can only be set by a boot argument');
      expect(await ask(run, 'set-kib 65536')).toMatch(/^error: set-kib takes a whole number from 4 to \d+, not 65536$/);
    });
  });

  describe('batch', () => {
    it.each([
      { rounds: 3, sizeKib: 64 },
      { rounds: 1, sizeKib: 4 },
      { rounds: BATCH_DEFAULTS.rounds, sizeKib: 4, bootArguments: 'size-kib=4' },
    ])('ends with the checksum of the reference: $rounds rounds of $sizeKib KiB', async (batch) => {
      const { rounds, sizeKib, bootArguments = `rounds=${rounds} size-kib=${sizeKib}` } = batch;
      const expected = expectedBatchChecksums(rounds, sizeKib);
      const { exitCode, lines } = await start({ guest: 'batch', bootArguments }).end();
      expect(lines).toEqual([
        `lightsout batch ready memory-kib=65536 rounds=${rounds} size-kib=${sizeKib}`,
        ...expected.map((checksum, index) => `round ${index + 1} of ${rounds} checksum=${checksum}`),
        `checksum=${expected.at(-1)} rounds=${rounds}`,
      ]);
      expect(exitCode).toBe(0);
    });

    it('answers its console while it works', async () => {
      const run = await ready({ guest: 'batch', bootArguments: 'rounds=1000000 size-kib=64' });
      run.type('stats\n');
      let line = await run.nextLine();
      while (line.startsWith('round ')) line = await run.nextLine();
      expect(line).toMatch(/^round=\d+ rounds=1000000 step=[a-z]+ checksum=[0-9a-f]{16}$/);
    });

    it('refuses more memory than there is', async () => {
      const run = start({ guest: 'batch', bootArguments: 'size-kib=65536' });
      const { exitCode, lines } = await run.end();
      expect(lines.join()).toMatch(/^error: size-kib takes a whole number from 4 to \d+, not 65536$/);
      expect(exitCode).toBe(2);
    });
  });
}

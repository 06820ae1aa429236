// What the guests cost on our own machine, where every instruction and every written page is counted: waiting costs
// nothing, demand is what was asked for, and two runs are the same.

import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { expectedBatchChecksum } from './batch/expected.ts';
import { ask, type GuestStart, numberIn } from './boards/board.ts';
import { LightsoutRun, RATE } from './boards/lightsout-board.ts';

const runs: LightsoutRun[] = [];

afterEach(() => {
  for (const run of runs.splice(0)) run.stop();
});

async function ready(options: GuestStart): Promise<LightsoutRun> {
  const run = new LightsoutRun(options);
  runs.push(run);
  expect(await run.nextLine()).toMatch(/^lightsout \w+ ready /);
  run.advance(1);
  return run;
}

/** Instructions executed while so much guest time passes. */
function cost(run: LightsoutRun, guestMs: number): number {
  const before = run.instructions;
  run.advance(guestMs);
  return run.instructions - before;
}

describe('waiting', () => {
  it('idle executes nothing in an hour', async () => {
    const run = await ready({ guest: 'idle' });
    expect(cost(run, 3_600_000)).toBe(0);
    const before = run.instructions;
    expect(await ask(run, 'ping')).toBe('pong');
    run.advance(1);
    expect(run.instructions - before).toBeLessThan(3000);
  });

  it.each([
    { guest: 'burn', bootArguments: 'duty=0' },
    { guest: 'burn', bootArguments: 'rate=0' },
    { guest: 'dirty', bootArguments: 'rate-kib=0 set-kib=64' },
  ] as const)('$guest with $bootArguments executes nothing in an hour', async (options) => {
    expect(cost(await ready(options), 3_600_000)).toBe(0);
  });

  it('idle writes a handful of pages to boot and none to wait', async () => {
    const run = await ready({ guest: 'idle' });
    expect(run.takeWrittenPages()).toBeLessThan(20);
    run.advance(10_000);
    expect(run.takeWrittenPages()).toBe(0);
  });
});

describe('memory held', () => {
  it.each(['idle', 'burn'] as const)('%s fills a page in some thirty instructions and no two alike', async (guest) => {
    const empty = await ready({ guest });
    const run = await ready({ guest, bootArguments: 'fill-kib=8192' });
    const perPage = (run.instructions - empty.instructions) / 2048;
    expect(perPage).toBeGreaterThan(8);
    expect(perPage).toBeLessThan(40);
    expect(run.takeWrittenPages() - empty.takeWrittenPages()).toBe(2048);
    expect(distinctPages(run.ram())).toBeGreaterThanOrEqual(2048 + 1);
    expect(await ask(run, 'check')).toBe('check ok 2048 pages');
    run.ram()[4 * 1024 * 1024 + 8] = 1; // in the midst of what it holds, where zero was
    expect(await ask(run, 'check')).toMatch(/^check failed: page \d+ word \d+ expected 0{16} found 0{15}1$/);
  });
});

describe('demand of burn', () => {
  it.each([10, 35, 80])('duty %i keeps the processor busy for that share of the time', async (duty) => {
    const run = await ready({ guest: 'burn', bootArguments: `duty=${duty}` });
    expect(cost(run, 2000) / (RATE * 2)).toBeCloseTo(duty / 100, 3);
  });

  it('duty 100 never waits', async () => {
    const run = await ready({ guest: 'burn', bootArguments: 'duty=100' });
    expect(cost(run, 500)).toBe(RATE / 2);
  });

  it.each([100, 1000, 20_000])(
    'rate %i costs so many thousand instructions a second, and little more',
    async (rate) => {
      const run = await ready({ guest: 'burn', bootArguments: `rate=${rate}` });
      const instructions = cost(run, 5000) / 5;
      expect(instructions).toBeGreaterThanOrEqual(rate * 1000 - 20);
      // Per period some hundred instructions, and 1.5 % for looking at the clock and the console.
      expect(instructions).toBeLessThan(rate * 1015 + 10 * 400);
    },
  );

  it('an iteration is 20 instructions', async () => {
    const perPeriod = async (work: number): Promise<number> => {
      const run = await ready({ guest: 'burn', bootArguments: `work=${work} period-ms=10` });
      return cost(run, 1000) / 100;
    };
    expect((await perPeriod(151)) - (await perPeriod(150))).toBe(20);
  });

  it('work missed while the guest stood still is done afterwards', async () => {
    const run = await ready({ guest: 'burn', bootArguments: 'rate=1000 period-ms=100' });
    run.advance(1000);
    run.standStill(700);
    run.advance(1000);
    const stats = await ask(run, 'stats');
    expect(numberIn(stats, 'dropped')).toBe(0);
    expect(numberIn(stats, 'backlog')).toBe(0);
    expect(numberIn(stats, 'iterations')).toBe((numberIn(stats, 'periods') * 100_000) / 20);
    expect(numberIn(stats, 'periods')).toBe(28);
  });

  it('of more than a second missed, a second is done and the rest counted', async () => {
    const run = await ready({ guest: 'burn', bootArguments: 'rate=1000 period-ms=100' });
    run.standStill(5000);
    run.advance(1000);
    const stats = await ask(run, 'stats');
    expect(numberIn(stats, 'backlog')).toBe(0);
    expect(numberIn(stats, 'dropped')).toBe(200_000);
    expect(numberIn(stats, 'iterations') + 200_000).toBe(numberIn(stats, 'periods') * 5000);
  });
});

describe('dirty', () => {
  it.each([
    ['seq', 0],
    ['seq', 1],
  ])('dirties as many pages as its rate says (order %s, whole %i)', async (order, whole) => {
    const bootArguments = `rate-kib=2000 set-kib=8192 order=${order} whole=${whole}`;
    const run = await ready({ guest: 'dirty', bootArguments });
    run.takeWrittenPages();
    run.advance(1000);
    const pages = run.takeWrittenPages();
    expect(pages).toBeGreaterThanOrEqual(500);
    // Its variables, its stack, and two pages of the table of writes.
    expect(pages).toBeLessThan(500 + 6);
  });

  it('dirties pages at random as often as chance has it', async () => {
    const run = await ready({ guest: 'dirty', bootArguments: 'rate-kib=8192 set-kib=8192 order=random' });
    run.takeWrittenPages();
    run.advance(1000);
    expect(run.takeWrittenPages() / 2048).toBeCloseTo(1 - Math.exp(-1), 1);
  });
});

describe('repeatability', () => {
  const options = { guest: 'batch', bootArguments: 'rounds=2 size-kib=64', memoryMib: 16 } as const;

  async function batch(sliceInstructions: number) {
    const run = new LightsoutRun(options, sliceInstructions);
    runs.push(run);
    const { exitCode, lines } = await run.end();
    return { exitCode, lines, instructions: run.instructions, ram: sha256(run.ram()), all: sha256(run.bytes()) };
  }

  it('two runs are equal in every byte', async () => {
    const first = await batch(100_000);
    expect(first.lines.at(-1)).toBe(`checksum=${expectedBatchChecksum(2, 64)} rounds=2`);
    expect(await batch(100_000)).toEqual(first);
  });

  it('slices of other lengths change no instruction, no line and no byte of RAM', async () => {
    const { all: _, ...first } = await batch(100_000);
    for (const slice of [977, 12_345_678]) {
      const { all: __, ...other } = await batch(slice);
      expect(other).toEqual(first);
    }
  });
});

function distinctPages(ram: Uint8Array): number {
  const pages = new Set<string>();
  for (let at = 0; at < ram.length; at += 4096) pages.add(sha256(ram.subarray(at, at + 4096)));
  return pages.size;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

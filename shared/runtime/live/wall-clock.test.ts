import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { WallClock } from './mod.ts';

const script = `
  import { WallClock } from ${JSON.stringify(new URL('./wall-clock.ts', import.meta.url).href)};
  const clock = new WallClock({ epochMs: Number(process.argv[1]), speed: 3 });
  const before = process.hrtime.bigint();
  const now = clock.now();
  const after = process.hrtime.bigint();
  console.log(JSON.stringify([Number(before), now, Number(after)]));
`;

it('agrees between processes that share epoch and speed', async () => {
  const epochMs = Date.now() - 1_000_000;
  const read = async (): Promise<readonly [number, number, number]> => {
    const parameters = ['--input-type=module', '-e', script, String(epochMs)];
    return JSON.parse((await promisify(execFile)(process.execPath, parameters)).stdout);
  };
  const [one, two] = [await read(), await read()];
  // Both are lines over the machine's monotonic clock; their distance is what the processes disagree by.
  const ahead = one[1] - 3 * one[0] - (two[1] - 3 * two[0]);
  const uncertain = 3 * (one[2] - one[0] + two[2] - two[0]);
  expect(Math.abs(ahead)).toBeLessThan(300_000 + uncertain);
});

it('runs at its speed, from its epoch', () => {
  const slow = new WallClock({ epochMs: Date.now() - 10_000, speed: 1 });
  const fast = new WallClock({ epochMs: slow.epochMs, speed: 20 });
  const [one, many] = [slow.now(), fast.now()];
  expect(one).toBeGreaterThan(9_990e6);
  expect(many / one).toBeGreaterThan(19.9);
  expect(many / one).toBeLessThan(21);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliBench } from './testing/cli-bench.ts';

const SAMPLES = 288;

describe('lightsout simulate', () => {
  let bench: CliBench;
  beforeEach(() => {
    bench = new CliBench();
    for (let vm = 0; vm < 8; vm++) {
      const lines = Array.from({ length: SAMPLES }, (_, index) => (index * (vm + 3)) % 90);
      bench.write(`day/vm-${vm}`, `${lines.join('\n')}\n`);
    }
  });
  afterEach(() => bench.remove());

  const simulate = (...args: readonly string[]) => bench.run('simulate', '--traces', 'day', ...args);

  test('helps', async () => {
    const { exitCode, out } = await bench.run('simulate', '--help');
    expect(exitCode).toBe(0);
    expect(out).toContain('Examples:\n  npx lightsout simulate');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('prints the metrics as a table', async () => {
    const { exitCode, out } = await simulate('--policy', 'lr-mmt');
    expect(exitCode).toBe(0);
    expect(out).toContain('lr-mmt  8 VMs on 800 hosts, model cloudsim-3.0.3, order sorted');
    expect(out).toMatch(/energy +\d+\.\d\d +kWh/);
  });

  test('prints one JSON object with every metric', async () => {
    const { exitCode, out } = await simulate('--policy', 'thr-mmt', '--arg', 'parameter=0.9', '--keep-idle', '--json');
    expect(exitCode).toBe(0);
    const result = JSON.parse(out);
    expect(result).toMatchObject({
      model: 'cloudsim-3.0.3',
      policy: 'thr-mmt',
      order: 'sorted',
      keepIdle: true,
      vms: 8,
    });
    expect(result.arguments).toEqual({ parameter: '0.9' });
    const metrics = ['energyKwh', 'migrations', 'slavPercent', 'pdmPercent', 'slatahPercent', 'esv', 'hostShutdowns'];
    const ours = ['unservedCpuSeconds', 'meanActiveHosts', 'lowerBoundKwh', 'cpuSeconds', 'peakRssBytes'];
    for (const metric of [...metrics, ...ours]) expect(result[metric], metric).toBeTypeOf('number');
    expect(result.energyKwh).toBeGreaterThan(result.lowerBoundKwh);
  });

  test('writes the events', async () => {
    const { out } = await simulate('--policy', 'lr-mmt', '--events', 'events.tsv', '--json');
    const lines = readFileSync(join(bench.path, 'events.tsv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toMatch(/^E\t300\.1\t0\.0\t0\.0\t\d+$/);
    expect(lines.filter((line) => line.startsWith('M')).length).toBe(JSON.parse(out).migrations);
  });

  test('the order of files is chosen', async () => {
    const energies = await Promise.all(
      ['sorted', 'reverse', 'shuffle:1'].map(async (order) => {
        const { out } = await simulate('--policy', 'dvfs', '--order', order, '--json');
        return JSON.parse(out).energyKwh as number;
      }),
    );
    expect(new Set(energies).size).toBeGreaterThan(1);
  });

  test.each([
    [['--policy', 'lr-mmt', '--model', 'native'], '--model is "native", but cloudsim-3.0.3, the only model so far'],
    [['--policy', 'best'], 'there is no policy "best" in the model cloudsim-3.0.3; it has npa, dvfs, thr-mmt'],
    [['--policy', 'lr-mmt', '--arg', 'parameter'], '--arg is "parameter", but key=value'],
    [['--policy', 'lr-mmt', '--arg', 'parameter=much'], 'it is "much", but a number from 0 is expected'],
    [['--policy', 'lr-mmt', '--order', 'random'], 'the order "random" is unknown'],
    [['--policy', 'lr-mmt', '--events', 'no/such/folder'], 'the events cannot be written to no/such/folder (ENOENT)'],
    [['--policy', 'lr-mmt', '--traces', 'nowhere'], 'the traces nowhere cannot be read (ENOENT)'],
    [[], "required option '--policy <name>' not specified"],
  ])('%j is a bad command line', async (args, message) => {
    const { exitCode, out, complaints } = await simulate(...args);
    expect([exitCode, out]).toEqual([2, '']);
    expect(complaints).toContain(message);
  });

  test('a bad trace is refused with file, line and column', async () => {
    bench.write('day/vm-3', '1\n2\n3x\n');
    const { exitCode, complaints } = await simulate('--policy', 'lr-mmt');
    expect(exitCode).toBe(2);
    expect(complaints).toContain('day/vm-3:3:2: "3x" is not a whole number from 0 to 100');
  });

  test('with --json errors are JSON', async () => {
    const { exitCode, out } = await simulate('--policy', 'best', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(out).error.code).toBe('SIMULATION_BAD_POLICY');
  });
});

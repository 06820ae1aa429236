// `node bench/cloudsim.ts --traces DIR`: one PlanetLab day under LR-MMT with the model of CloudSim 3.0.3, as a user runs it: a process of
// its own each time, with start-up, reading of the traces and all that V8 compiles. CPU seconds (user and system) and peak memory, the median and
// the largest of some rounds. CloudSim 3.0.3 itself takes 49 to 60 CPU seconds and 2 GB for such a day.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderTable } from '../shared/report/mod.ts';

interface Round {
  readonly energyKwh: number;
  readonly migrations: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

const COMMAND = fileURLToPath(new URL('../services/cli/main.ts', import.meta.url));
const DEFAULT_ROUNDS = 5;
const BYTES_PER_MIB = 1024 * 1024;
const LIMIT_CPU_SECONDS = 2;
const LIMIT_MIB = 300;

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: join(process.env['LIGHTSOUT_PLANETLAB'] ?? '', '20110303') },
    policy: { type: 'string', default: 'lr-mmt' },
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
});

const runOnce = (): Round => {
  const args = [COMMAND, 'simulate', '--traces', values.traces, '--policy', values.policy, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the simulation ended with ${status}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Round;
};

const median = (figures: readonly number[]): number => [...figures].sort((a, b) => a - b)[figures.length >> 1]!;

function main(): number {
  const count = Number(values.rounds);
  if (!existsSync(values.traces) || !Number.isInteger(count) || count < 1) {
    process.stderr.write(
      `${values.traces} is not there, or --rounds is no whole number. Give --traces DIR with a PlanetLab day, or set LIGHTSOUT_PLANETLAB.\n`,
    );
    return 3;
  }
  const rounds = Array.from({ length: count }, runOnce);
  const cpu = rounds.map(({ cpuSeconds }) => cpuSeconds);
  const mib = rounds.map(({ peakRssBytes }) => peakRssBytes / BYTES_PER_MIB);
  const figures = {
    ...{ traces: values.traces, policy: values.policy, rounds: count },
    ...{ energyKwh: rounds[0]!.energyKwh, migrations: rounds[0]!.migrations },
    ...{ cpuSeconds: median(cpu), cpuSecondsMost: Math.max(...cpu) },
    ...{ peakRssBytes: median(mib) * BYTES_PER_MIB, peakRssBytesMost: Math.max(...mib) * BYTES_PER_MIB },
  };
  const passed = figures.cpuSeconds < LIMIT_CPU_SECONDS && median(mib) < LIMIT_MIB;
  if (values.json) process.stdout.write(`${JSON.stringify({ ...figures, passed }, null, 2)}\n`);
  else {
    const columns = [
      { title: 'one day' },
      { title: 'median', align: 'right' },
      { title: 'most', align: 'right' },
      { title: 'wanted', align: 'right' },
    ] as const;
    const table = renderTable({ width: 100, colours: false }, columns, [
      ['CPU seconds', median(cpu).toFixed(2), Math.max(...cpu).toFixed(2), `< ${LIMIT_CPU_SECONDS}`],
      ['peak MiB', median(mib).toFixed(0), Math.max(...mib).toFixed(0), `< ${LIMIT_MIB}`],
    ]);
    const what = `${values.policy} on ${values.traces}, ${count} rounds`;
    process.stdout.write(
      `${what}: ${figures.energyKwh.toFixed(2)} kWh, ${figures.migrations} migrations\n\n${table}\n`,
    );
  }
  return passed ? 0 : 1;
}

process.exitCode = main();

// Replays by the real services, in virtual time and live, and what is left when a live one is stopped in its middle.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliBench } from '../services/cli/testing/cli-bench.ts';
import { natsBinary } from '../shared/runtime/contract/nats-for-tests.ts';
import type { ScenarioResult } from '../shared/scenario/mod.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** A batch job that is moved twice and ends with the right checksum (guests/batch/expected.ts). */
const SCENARIO = `
name: small
duration: 12s
speed: 2
telemetryInterval: 500ms
hosts:
  - { name: 'host-{n}', count: 2, speed: 8MIPS, memory: 64MiB }
vms:
  - { name: batch, image: batch, memory: 16MiB, arguments: rounds=4 size-kib=64, host: host-1 }
  - { name: burn, image: burn, memory: 16MiB, host: host-2 }
load:
  - { vms: burn, line: 'rate {value}', noise: 10%, steps: [{ at: 0s, value: 500 }, { at: 4s, value: 1000 }] }
events:
  - { do: migrate, vm: batch, to: [host-2, host-1], at: 1s, every: 2s, times: 2 }
  - { do: type, vms: burn, line: stats, at: 8s }
expectations:
  - vmsLost: 0
  - migrations: { completed: 2, failed: 0 }
  - console: { vms: batch, matches: '^checksum=CHECKSUM rounds=4' }
  - console: { vms: burn, matches: '^ok rate', count: 2 }
  - console: { vms: burn, matches: '^iterations=' }
`;

let bench: CliBench;
beforeEach(async () => {
  bench = new CliBench(CHECKOUT);
  const { expectedBatchChecksum } = await import('../guests/mod.ts');
  bench.write('small.yaml', SCENARIO.replace('CHECKSUM', String(expectedBatchChecksum(4, 64))));
});
afterEach(() => bench.remove());

const resultOf = (out: string) => JSON.parse(out) as ScenarioResult;
const unmet = (result: ScenarioResult) => result.expectations.filter((each) => !each.met && each.judged);

describe('a replay in virtual time', () => {
  test('passes, and gives the same bytes whatever the number of threads, and others with another seed', async () => {
    const runs = [
      ['--threads', '1', '--out', 'one'],
      ['--threads', '3', '--out', 'three'],
      ['--seed', '2', '--out', 'other'],
    ];
    const said: ScenarioResult[] = [];
    for (const args of runs) {
      const { exitCode, out } = await bench.run('replay', 'small.yaml', '--json', ...args);
      expect(unmet(resultOf(out))).toEqual([]);
      expect(exitCode).toBe(0);
      said.push(resultOf(out));
    }
    expect(said[1]).toEqual(said[0]);
    expect(said[2]!.eventsSha256).not.toBe(said[0]!.eventsSha256);
    const events = (folder: string) => readFileSync(join(bench.path, folder, 'events.ndjson'), 'utf8');
    expect(events('three')).toBe(events('one'));
    expect(events('other')).not.toBe(events('one'));
    expect(JSON.parse(readFileSync(join(bench.path, 'one', 'run.json'), 'utf8'))).toEqual(said[0]);
    expect(readFileSync(join(bench.path, 'one', 'consoles', 'batch.log'), 'utf8')).toContain('checksum=');
  });
});

describe.skipIf(natsBinary === undefined)('a live cluster', () => {
  test('passes the same scenario', async () => {
    const { exitCode, out, complaints } = await bench.run('replay', 'small.yaml', '--live', '--json');
    expect(unmet(resultOf(out))).toEqual([]);
    expect({ exitCode, complaints }).toMatchObject({ exitCode: 0 });
    expect(resultOf(out).mode).toBe('live');
    expect(existsSync(folderOf(process.pid))).toBe(false);
    expect(processesOf(process.pid)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGKILL'] as const)('leaves no process behind when the command gets %s', async (signal) => {
    const command = startCommand('replay', join(bench.path, 'small.yaml'), '--live');
    const ended = new Promise<number | null>((resolve) => command.once('exit', (exitCode) => resolve(exitCode)));
    try {
      // NATS, the scheduler, the API and two hosts.
      await expect.poll(() => processesOf(command.pid!).length, { timeout: 30_000 }).toBe(5);
      command.kill(signal);
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : null);
      await expect.poll(() => processesOf(command.pid!), { timeout: 30_000 }).toEqual([]);
    } finally {
      command.kill('SIGKILL');
      rmSync(folderOf(command.pid!), { recursive: true, force: true });
    }
  });

  test('a service that dies ends the run with its log, and nothing is left', async () => {
    const command = startCommand('replay', join(bench.path, 'small.yaml'), '--live');
    let complaints = '';
    command.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const closed = new Promise<number | null>((resolve) => command.once('close', (exitCode) => resolve(exitCode)));
    try {
      const scheduler = () => processesOf(command.pid!).find(({ line }) => line.includes('scheduler/main.ts'));
      await expect.poll(() => scheduler() !== undefined, { timeout: 30_000 }).toBe(true);
      process.kill(scheduler()!.pid, 'SIGKILL');
      expect(await closed).toBe(3);
      expect(complaints).toContain('scheduler ended before its time (SIGKILL)');
      expect(processesOf(command.pid!)).toEqual([]);
    } finally {
      command.kill('SIGKILL');
      rmSync(folderOf(command.pid!), { recursive: true, force: true });
    }
  });

  test('stays when it is brought up, says what it is, and ends when it is brought down', async () => {
    const name = `test-${process.pid}`;
    try {
      const up = await bench.run('up', '--hosts', '2', '--name', name, '--json');
      expect(up.exitCode).toBe(0);
      const { processes } = JSON.parse(up.out) as { processes: { name: string; pid: number }[] };
      expect(processes.map((each) => each.name)).toEqual(['nats-server', 'scheduler', 'api', 'host-1', 'host-2']);
      const again = await bench.run('up', '--hosts', '5', '--name', name, '--json');
      expect((JSON.parse(again.out) as { processes: unknown }).processes).toEqual(processes);
      const hosts = await bench.run('host', 'ls', '--name', name, '--json');
      expect((JSON.parse(hosts.out) as { hosts: unknown[] }).hosts).toMatchObject([
        { host: 'host-1' },
        { host: 'host-2' },
      ]);
      expect((await bench.run('vm', 'ls', '--name', name)).out).toBe('No VMs.\n');
      expect((await bench.run('status', '--name', name)).out).toContain(`Cluster ${name} is running`);
      // One host dies: what is left can still be looked at.
      process.kill(processes.at(-1)!.pid, 'SIGKILL');
      await expect.poll(() => textOf(String(processes.at(-1)!.pid), 'cmdline')).toBe('');
      const status = await bench.run('status', '--name', name, '--json');
      expect(status).toMatchObject({ exitCode: 3, complaints: expect.stringContaining('has lost host-2') });
      expect(JSON.parse(status.out)).toMatchObject({ running: true, lost: ['host-2'] });
      const left = await bench.run('host', 'ls', '--name', name, '--json');
      expect((JSON.parse(left.out) as { hosts: unknown[] }).hosts).toMatchObject([
        { host: 'host-1', power: 'on' },
        { host: 'host-2', power: 'silent' },
      ]);
      const down = await bench.run('down', '--name', name);
      expect(down).toMatchObject({ exitCode: 0, out: `Cluster ${name} has ended: 4 processes.\n` });
      // One that has ended but was not reaped yet has no command line any more.
      expect(processes.filter(({ pid }) => textOf(String(pid), 'cmdline') !== '')).toEqual([]);
      expect((await bench.run('down', '--name', name)).exitCode).toBe(0);
    } finally {
      await bench.run('down', '--name', name);
      rmSync(join(CHECKOUT, '.lightsout', 'clusters', name), { recursive: true, force: true });
    }
  });
});

function startCommand(...args: readonly string[]): ChildProcess {
  const main = fileURLToPath(new URL('../services/cli/main.ts', import.meta.url));
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: bench.path });
}

function folderOf(pid: number): string {
  return join(CHECKOUT, '.lightsout', 'clusters', `replay-${pid}`);
}

/** All processes of the cluster that a command with this id has started. */
function processesOf(pid: number): readonly { readonly pid: number; readonly line: string }[] {
  const mark = `clusters/replay-${pid}/`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), line: textOf(entry, 'cmdline'), environment: textOf(entry, 'environ') }))
    .filter(({ line, environment }) => line.includes(mark) || environment.includes(mark))
    .map(({ pid: id, line }) => ({ pid: id, line }));
}

/** Empty when the process has gone, or is somebody else's. */
function textOf(entry: string, file: string): string {
  try {
    return readFileSync(`/proc/${entry}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleResult } from '../../shared/report/testdata/sample-result.ts';
import { findNatsServer } from '../../shared/runtime/live/mod.ts';
import type { ScenarioResult } from '../../shared/scenario/mod.ts';
import { CliBench } from './testing/cli-bench.ts';

const SCENARIO = `
name: sample
duration: 10s
seed: 3
hosts:
  - { name: 'host-{n}', count: 2, speed: 2MIPS, memory: 64MiB }
vms:
  - { name: a, image: burn, memory: 16MiB }
`;

const COMMANDS = [
  'replay',
  'up',
  'down',
  'status',
  'host ls',
  'vm ls',
  'vm create',
  'vm start',
  'vm stop',
  'vm rm',
  'vm migrate',
  'vm type',
  'vm console',
  'host standby',
  'host wake',
  'migration ls',
  'migration cancel',
  'events',
  'doctor',
  'isa-test',
];

/** A child that answers with these lines, and ends when its input does. */
const answering = (...messages: readonly unknown[]) => `
import { createInterface } from 'node:readline';
const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.once('line', (line) => {
  const request = JSON.parse(line);
  process.stderr.write('asked for seed ' + request.seed + ', threads ' + request.threads + ', out ' + request.outPath);
  for (const message of ${JSON.stringify(messages)}) console.log(JSON.stringify(message));
});
`;

const progress = {
  ...{ phase: 'running', timeNs: 5e9, durationNs: 10e9, hostsOn: 2, hosts: 2, vmsRunning: 1, vmsEnded: 0, vms: 1 },
  ...{ migrationsUnderWay: 0, migrationsCompleted: 0, migrationsFailed: 0 },
};

describe('the command line', () => {
  let bench: CliBench;
  beforeEach(() => {
    bench = new CliBench();
    bench.write('sample.yaml', SCENARIO);
  });
  afterEach(() => bench.remove());

  const embedded = (...messages: readonly unknown[]) =>
    bench.write('services/embedded/main.ts', answering(...messages));
  const result = (changes: Partial<ScenarioResult>) => ({ kind: 'result', result: sampleResult(changes) });

  test.each(['', ...COMMANDS])('helps with examples that fit: %s', async (command) => {
    const { exitCode, out } = await bench.run(...command.split(' ').filter((word) => word !== ''), '--help');
    expect(exitCode).toBe(0);
    expect(out).toContain('Examples:\n  npx lightsout');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('docs/cli.md is up to date (else run the tests with -u)', async () => {
    const commands = [[], ...COMMANDS.map((command) => command.split(' '))];
    const sections: string[] = [];
    for (const command of commands) {
      const { out } = await bench.run(...command, '--help');
      sections.push(`## ${['lightsout', ...command].join(' ')}\n\n\`\`\`\n${out.trimEnd()}\n\`\`\`\n`);
    }
    const head = '# The command line\n\nGenerated from the help of `npx lightsout`.\n\n';
    await expect(head + sections.join('\n')).toMatchFileSnapshot('../../docs/cli.md');
  });

  test.each([
    [['repaly'], 'Did you mean replay?'],
    [['replay'], "missing required argument 'file'"],
    [['replay', 'x.yaml', '--sed', '1'], 'Did you mean --seed?'],
    [['replay', 'x.yaml', '--seed', '-1'], 'whole number from 0'],
    [['replay', 'x.yaml', '--threads', '0'], 'whole number from 1'],
    [['up', '--hosts', '1.5'], 'whole number from 1'],
    [['down', '--name', '../x'], 'letters, digits'],
    [['replay', 'x.yaml'], 'x.yaml cannot be read'],
    [['isa-test', 'nowhere'], 'not a directory'],
  ])('a bad command line is exit code 2: %s', async (args, message) => {
    const { exitCode, out, complaints } = await bench.run(...args);
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(complaints).toContain(message);
  });

  test('a bad file is exit code 2, with all its errors and places', async () => {
    bench.write('bad.yaml', SCENARIO.replace('duration: 10s', 'duration: 10sec').replace('image: burn', 'image: brun'));
    const { exitCode, complaints } = await bench.run('replay', 'bad.yaml');
    expect(exitCode).toBe(2);
    expect(complaints).toContain('bad.yaml:3:11: "sec" is not a unit here');
    expect(complaints).toContain('bad.yaml:8:23: no guest image is called `brun`');
  });

  test('with --json an error is one object too', async () => {
    const { exitCode, out } = await bench.run('replay', 'none.yaml', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CLI_NO_FILE' } });
  });

  test('a replay shows progress and the report, and its verdict is the exit code', async () => {
    embedded({ kind: 'progress', progress }, result({ passed: true }));
    const passed = await bench.run('replay', 'sample.yaml');
    expect(passed.exitCode).toBe(0);
    expect(passed.complaints).toContain('0:05 of 0:10  hosts on 2/2');
    expect(passed.out).toContain('PASSED  sample, seed 7');
    expect(passed.out).toContain('npx lightsout replay sample.yaml --live');
    embedded(result({ passed: false }));
    expect((await bench.run('replay', 'sample.yaml')).exitCode).toBe(1);
    embedded(result({ passed: false, valid: false }));
    expect((await bench.run('replay', 'sample.yaml')).exitCode).toBe(3);
  });

  test('--json prints the result and nothing else', async () => {
    embedded({ kind: 'progress', progress }, result({ passed: true }));
    const { exitCode, out } = await bench.run('replay', 'sample.yaml', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual(sampleResult({ passed: true }));
  });

  test('the child is given seed, threads and folder', async () => {
    // A child that dies without a result: what it said is in the message.
    bench.write('services/embedded/main.ts', answering().replace(/ {2}for .*/, '  process.exit(9);'));
    const { exitCode, complaints } = await bench.run(
      'replay',
      'sample.yaml',
      '--seed',
      '42',
      '--threads',
      '5',
      '--out',
      'runs/x',
    );
    expect(complaints).toContain('the replay ended without a result (exit code 9)');
    expect(complaints).toContain(`asked for seed 42, threads 5, out ${bench.path}/runs/x`);
    expect(exitCode).toBe(3);
    const asInFile = await bench.run('replay', 'sample.yaml');
    expect(asInFile.complaints).toContain('asked for seed 3, threads 2, out null');
  });

  test("a failure in the child's own words keeps its exit code", async () => {
    embedded({ kind: 'failure', code: 'RUNTIME_STALLED', message: 'nothing is left to happen', exitCode: 3 });
    const { exitCode, complaints } = await bench.run('replay', 'sample.yaml');
    expect(exitCode).toBe(3);
    expect(complaints).toContain('nothing is left to happen');
  });

  test('an interruption ends the child, even one that does not listen', async () => {
    const stubborn = `
process.on('SIGTERM', () => undefined);
console.log(JSON.stringify({ kind: 'progress', progress: ${JSON.stringify({ ...progress, hosts: 0 })} }));
setInterval(() => undefined, 1000);
require('node:fs').writeFileSync(${JSON.stringify(bench.path)} + '/pid', String(process.pid));
`;
    bench.write('services/embedded/main.ts', stubborn.replace('require(', '(await import(').replace("fs').", "fs'))."));
    const run = bench.run('replay', 'sample.yaml');
    await expect.poll(() => existsSync(`${bench.path}/pid`), { timeout: 20_000 }).toBe(true);
    bench.interruption.abort();
    const { exitCode } = await run;
    expect(exitCode).toBe(130);
    expect(existsSync(`/proc/${readFileSync(`${bench.path}/pid`, 'utf8')}`)).toBe(false);
  });

  test('what is not running is said, and ending it is no error', async () => {
    expect(await bench.run('down')).toMatchObject({ exitCode: 0, out: 'No cluster named default is running here.\n' });
    const status = await bench.run('status', '--json');
    expect(status.exitCode).toBe(0);
    expect(JSON.parse(status.out)).toEqual({ name: 'default', running: false });
    const list = await bench.run('host', 'ls');
    expect(list.exitCode).toBe(3);
    expect(list.complaints).toContain('npx lightsout up');
  });

  test.skipIf(findNatsServer({}, '/nowhere') !== undefined)(
    'without nats-server a live replay is exit code 3 and says what to do',
    async () => {
      const burn = new URL('../../guests/build/burn.elf', import.meta.url);
      copyFileSync(burn, `${bench.path}/guests/build/burn.elf`);
      const { exitCode, complaints } = await bench.run('replay', 'sample.yaml', '--live');
      expect(exitCode).toBe(3);
      expect(complaints).toContain('npm run setup');
    },
  );
});

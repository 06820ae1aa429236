// Set-up: done once, repaired after any interruption, one at a time, and clear about what it cannot do.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INSTALL_PACKAGES, SampleCheckout, unpackNats } from './testing/sample-checkout.ts';

const SETUP = ['tools/run.mjs', 'setup'];
const NATS = '.lightsout/tools/nats-server/nats-server';
const STAMP = 'node_modules/.lightsout-setup.json';
const ALL_CALLS = ['npm ci', 'apt-get download', 'dpkg -x'];

let checkout: SampleCheckout;
beforeEach(() => {
  checkout = new SampleCheckout();
});
afterEach(() => {
  checkout.remove();
});

async function setUp(): Promise<void> {
  const ended = await checkout.run(...SETUP);
  expect(ended).toMatchObject({ code: 0 });
}

describe('set-up', () => {
  it('installs the packages and nats-server, and does so once', async () => {
    await setUp();
    expect(checkout.calls()).toEqual(ALL_CALLS);
    expect(existsSync(checkout.path(NATS))).toBe(true);
    await setUp();
    expect(checkout.calls()).toEqual(ALL_CALLS);
  });

  it('leaves nothing beside the nats-server it unpacked', async () => {
    mkdirSync(checkout.path('.lightsout/tools/unfinished-before'), { recursive: true });
    await setUp();
    expect(readdirSync(checkout.path('.lightsout/tools'))).toEqual(['nats-server']);
  });

  it('installs the packages again when package-lock.json has changed', async () => {
    await setUp();
    checkout.forgetCalls();
    checkout.write('package-lock.json', JSON.stringify({ packages: { 'node_modules/yaml': { version: '2.0.1' } } }));
    await setUp();
    expect(checkout.calls()).toEqual(['npm ci']);
  });

  it('takes packages that npm has finished installing by hand for installed', async () => {
    checkout.write('node_modules/yaml/package.json', '{}');
    checkout.write('node_modules/.package-lock.json', readFileSync(checkout.path('package-lock.json'), 'utf8'));
    await setUp();
    expect(checkout.calls()).not.toContain('npm ci');
    expect(existsSync(checkout.path(STAMP))).toBe(true);
  });

  it('uses the nats-server of the system', async () => {
    checkout.program('nats-server', 'echo "nats-server: v2.10.18"');
    await setUp();
    expect(checkout.calls()).toEqual(['npm ci', 'nats-server --version']);
    expect(existsSync(checkout.path(NATS))).toBe(false);
  });

  it('passes over a nats-server of the system that is too old', async () => {
    checkout.program('nats-server', 'echo "nats-server version 2.8.4"');
    await setUp();
    expect(existsSync(checkout.path(NATS))).toBe(true);
  });

  it('fetches package lists of its own where the machine has none', async () => {
    const withOwnSettings =
      'case "$*" in *" -c "*download*) touch nats-server_2.9.10_amd64.deb;; *download*) exit 100;; esac';
    checkout.program('apt-get', withOwnSettings);
    await setUp();
    expect(checkout.calls()).toEqual(['npm ci', 'apt-get download', 'apt-get update', 'apt-get download', 'dpkg -x']);
    expect(readdirSync(checkout.path('.lightsout/tools'))).toEqual(['nats-server']);
  });
});

describe('the next set-up repairs', () => {
  it('an installation of packages that was killed', async () => {
    checkout.program(
      'npm',
      `rm -rf node_modules\nmkdir -p node_modules/yaml\necho "{}" > node_modules/yaml/package.json\nkill -9 0`,
    );
    expect(await checkout.run(...SETUP)).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(checkout.path(STAMP))).toBe(false);
    checkout.program('npm', INSTALL_PACKAGES);
    checkout.forgetCalls();
    await setUp();
    expect(checkout.calls()).toEqual(ALL_CALLS);
  });

  it('a reinstallation that was killed, although an earlier one had ended well', async () => {
    await setUp();
    checkout.write('package-lock.json', JSON.stringify({ packages: { 'node_modules/yaml': { version: '2.0.1' } } }));
    checkout.program('npm', 'rm -rf node_modules/yaml\nkill -9 0');
    expect(await checkout.run(...SETUP)).toMatchObject({ signal: 'SIGKILL' });
    checkout.program('npm', INSTALL_PACKAGES);
    checkout.forgetCalls();
    await setUp();
    expect(checkout.calls()).toEqual(['npm ci']);
  });

  it('a download that was killed', async () => {
    checkout.program('dpkg', `mkdir -p "$3/usr/sbin"\necho half > "$3/usr/sbin/nats-server"\nkill -9 0`);
    expect(await checkout.run(...SETUP)).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(checkout.path(NATS))).toBe(false);
    checkout.program('dpkg', unpackNats('2.9.10'));
    checkout.forgetCalls();
    await setUp();
    expect(checkout.calls()).toEqual(['apt-get download', 'dpkg -x']);
    expect(readdirSync(checkout.path('.lightsout/tools'))).toEqual(['nats-server']);
  });

  it('what somebody damaged', async () => {
    await setUp();
    checkout.forgetCalls();
    truncateSync(checkout.path(NATS), 10);
    writeFileSync(checkout.path(STAMP), '{}');
    await setUp();
    expect(checkout.calls()).toEqual(ALL_CALLS);
  });
});

describe('two set-ups at once', () => {
  it('are one after the other, and the second finds everything done', async () => {
    checkout.program('npm', `${INSTALL_PACKAGES}\ncat < go-on`);
    execFileSync('mkfifo', [checkout.path('go-on')]);
    const first = checkout.start(...SETUP);
    await first.says('installing what package-lock.json names');
    const second = checkout.start(...SETUP);
    await second.says('another set-up is running');
    writeFileSync(checkout.path('go-on'), '');
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(checkout.calls()).toEqual(ALL_CALLS);
  });
});

describe('set-up says what to do and exits with 3', () => {
  it('when npm fails', async () => {
    checkout.program('npm', 'echo "npm error network" >&2; exit 1');
    const ended = await checkout.run(...SETUP);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('npm error network');
    expect(ended.stderr).toContain('npm ci failed (exit code 1)');
    expect(ended.stderr).toContain('run the same command again');
  });

  it('when nats-server cannot be downloaded', async () => {
    checkout.program('apt-get', 'echo "E: Unable to fetch some archives" >&2; exit 100');
    const ended = await checkout.run(...SETUP);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('E: Unable to fetch some archives');
    expect(ended.stderr).toContain('apt-get update && apt-get install nats-server');
  });

  it('when the distribution has only an old nats-server', async () => {
    checkout.program('dpkg', unpackNats('2.7.4'));
    const ended = await checkout.run(...SETUP);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('This distribution has nats-server 2.7.4; 2.9.0 or newer is needed.');
    expect(existsSync(checkout.path(NATS))).toBe(false);
  });
});

describe('npx lightsout', () => {
  it('before set-up says how to get ready, and starts nothing', async () => {
    const ended = await checkout.run('tools/lightsout.mjs', 'status');
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('npm run setup');
    expect(checkout.calls()).toEqual([]);
  });

  it('after set-up runs the program with the arguments', async () => {
    checkout.write(
      'services/cli/main.ts',
      'const words: string[] = process.argv.slice(2);\nconsole.log(words.join("+"));\n',
    );
    await setUp();
    expect(await checkout.run('tools/lightsout.mjs', 'vm', 'ls')).toMatchObject({
      code: 0,
      stdout: 'vm+ls\n',
      stderr: '',
    });
  });
});

describe('a script', () => {
  beforeEach(setUp);

  it('passes the exit code on', async () => {
    checkout.write('tools/guests-build.ts', 'process.exit(7);\n');
    expect(await checkout.run('tools/run.mjs', 'guests:build')).toMatchObject({ code: 7 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on, once', async (signal) => {
    const program = `let count = 0;
      process.on('${signal}', () => { count += 1; setImmediate(() => { console.log('seen', count); process.exit(5); }); });
      process.stdin.resume(); setInterval(() => {}, 1000); console.log('ready');`;
    checkout.write('tools/guests-build.ts', program);
    const started = checkout.start('tools/run.mjs', 'guests:build');
    await started.says('ready');
    started.child.kill(signal);
    expect(await started.ended).toMatchObject({ code: 5, stdout: 'ready\nseen 1\n' });
  });

  it('ends by the signal that ended its program', async () => {
    checkout.write('tools/guests-build.ts', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);\n');
    expect(await checkout.run('tools/run.mjs', 'guests:build')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });
});

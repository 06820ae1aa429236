// A checkout in a temporary folder with the real tools and pretended programs (npm, apt-get, dpkg, nats-server) that note
// how they were called and do what the real ones do, or fail as they can. PATH holds these and a few of the system's
// tools, nothing else, so a test does not depend on what the machine has installed.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = dirname(dirname(fileURLToPath(import.meta.url)));
const SYSTEM_TOOLS = ['sh', 'cat', 'cp', 'echo', 'env', 'flock', 'ln', 'mkdir', 'rm', 'touch'];

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  says(text: string): Promise<void>;
};

export class SampleCheckout {
  readonly folder = mkdtempSync(join(tmpdir(), 'lightsout-checkout-'));
  readonly #bin = join(this.folder, 'bin');
  readonly #log = join(this.folder, 'calls.log');

  constructor() {
    cpSync(TOOLS, this.path('tools'), { recursive: true, filter: (source) => !/\.ts$|testing$/.test(source) });
    this.write('package.json', JSON.stringify({ type: 'module', dependencies: { yaml: '2.0.0' } }));
    this.write('package-lock.json', JSON.stringify({ packages: { 'node_modules/yaml': { version: '2.0.0' } } }));
    mkdirSync(this.#bin);
    for (const tool of SYSTEM_TOOLS) symlinkSync(systemPath(tool), join(this.#bin, tool));
    this.program('npm', INSTALL_PACKAGES);
    this.program('apt-get', 'case "$*" in *download*) touch nats-server_2.9.10_amd64.deb;; esac');
    this.program('dpkg', unpackNats('2.9.10'));
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  /** Puts a program in PATH that notes its call, then does what `script` says. */
  program(name: string, script: string): void {
    const file = join(this.#bin, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${this.#log}"\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** The pretended programs that were called, in order, each with what it was to do. */
  calls(): string[] {
    if (!existsSync(this.#log)) return [];
    const lines = readFileSync(this.#log, 'utf8').trim().split('\n');
    return lines.map((line) => {
      const [name, ...args] = line.split(' ');
      const verb = args.find((arg) => ['ci', 'update', 'download', '-x', '--version'].includes(arg));
      return `${name} ${verb ?? args.join(' ')}`;
    });
  }

  forgetCalls(): void {
    rmSync(this.#log, { force: true });
  }

  /** Starts `node SCRIPT ARGS` in a process group of its own, which a pretended program can kill as a whole. */
  start(...args: string[]): Started {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      detached: true,
      env: { PATH: this.#bin },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, ...output }));
    });
    const says = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => (output.stdout + output.stderr).includes(text) && resolve();
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        child.on('close', () => reject(new Error(`ended without saying "${text}": ${output.stdout}${output.stderr}`)));
        look();
      });
    return { child, ended, says };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What `npm ci` does: empty node_modules, then fill it. */
export const INSTALL_PACKAGES = [
  'rm -rf node_modules',
  'mkdir -p node_modules/yaml',
  'echo "{}" > node_modules/yaml/package.json',
].join('\n');

/** What `dpkg -x ARCHIVE FOLDER` does with a package of that nats-server. */
export function unpackNats(version: string): string {
  return [
    'mkdir -p "$3/usr/sbin"',
    `printf '#!/bin/sh\\necho "nats-server: v${version}"\\n' > "$3/usr/sbin/nats-server"`,
    `exec ${systemPath('chmod')} 755 "$3/usr/sbin/nats-server"`,
  ].join('\n');
}

function systemPath(tool: string): string {
  const path = ['/usr/bin', '/bin'].map((folder) => join(folder, tool)).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${tool} is not on this machine`);
  return path;
}

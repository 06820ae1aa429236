// `npm run doctor`: what this machine has of all that Lightsout can use, what each thing is for, and the exact command for
// what is missing. It changes nothing and needs nothing installed. Exits 0 when everything required is there, else 1.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { jetStreamSync } from './doctor-jetstream.mjs';
import { probe } from './doctor-probe.mjs';
import {
  checkout,
  findInPath,
  modulesFolder,
  natsFolder,
  nodeForSources,
  nodeMajorForSetup,
  nodeMajorNeeded,
} from './paths.mjs';
import { findNatsServer, natsVersionNeeded } from './setup-nats.mjs';
import { packagesAreInstalled } from './setup-packages.mjs';

/**
 * @typedef {object} Finding
 * @property {string} name
 * @property {boolean} required for `npm start` and `npm test`
 * @property {boolean} present and good enough
 * @property {string} found what is there, in words
 * @property {string} neededFor
 * @property {string} [command] what to type when it is missing
 * @property {string} [note]
 */

/** Measured: `npm start` (ten hosts) holds about 1.3 GiB; the rest is for the system, npm and an editor. */
const memoryNeededGiB = 3;

const findings = [system(), node(), npm(), packages(), node24(), natsServer(), ...optionalTools(), memory(), cores()];

const healthy = findings.every((finding) => finding.present || !finding.required);
// Whoever reads only the first lines (head) is no failure.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EPIPE') throw error;
});
process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify({ healthy, findings }, null, 2)}\n` : table());
process.exitCode = healthy ? 0 : 1;

/** @returns {Finding} */
function system() {
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease())?.[1];
  return {
    name: 'Linux',
    required: true,
    present: process.platform === 'linux',
    found: `${name ?? process.platform}, ${process.arch}`,
    neededFor: 'everything',
    command: 'use a Linux machine, virtual machine or container',
  };
}

/** The user's Node, not the one that npm puts first in PATH for its scripts. @returns {Finding} */
function node() {
  const path = findInPath('node', join(modulesFolder, '.bin')) ?? process.execPath;
  const version = probe(path, ['--version'], /v(\d\S*)/);
  return {
    name: 'node',
    required: true,
    present: Number(version?.split('.')[0] ?? 0) >= nodeMajorForSetup,
    found: version ?? `${path} does not run`,
    neededFor: `set-up (${nodeMajorForSetup} or newer)`,
    command: `install Node ${nodeMajorForSetup} or newer: https://nodejs.org/en/download`,
  };
}

/** @returns {Finding} */
function npm() {
  const version = probe('npm', ['--version'], /^(\d\S*)/m);
  return {
    name: 'npm',
    required: true,
    present: version !== undefined,
    found: version ?? 'none',
    neededFor: 'set-up',
    command: installCommand('npm'),
  };
}

/** @returns {Finding} */
function packages() {
  const installed = packagesAreInstalled();
  const remains = existsSync(modulesFolder) ? 'unfinished, or of another package-lock.json' : 'none';
  return {
    name: 'npm packages',
    required: true,
    present: installed,
    found: installed ? 'as in package-lock.json' : remains,
    neededFor: 'everything',
    command: 'npm run setup',
  };
}

/** @returns {Finding} */
function node24() {
  const path = nodeForSources();
  const version = path === undefined ? undefined : probe(path, ['--version'], /v(\d\S*)/);
  return {
    name: `node ${nodeMajorNeeded}`,
    required: true,
    present: version !== undefined,
    found: version ?? (path === undefined ? 'none' : `${path} does not run`),
    neededFor: 'running the sources',
    command: 'npm run setup',
  };
}

/** @returns {Finding} */
function natsServer() {
  const server = findNatsServer();
  const tooOld = findInPath('nats-server', natsFolder);
  const origin = server?.origin === 'unpacked' ? 'unpacked by set-up' : server?.path;
  /** @type {Finding} */
  const finding = {
    name: 'nats-server',
    required: true,
    present: server !== undefined,
    found:
      server === undefined ? (tooOld === undefined ? 'none' : `${tooOld} is too old`) : `${server.version}, ${origin}`,
    neededFor: `live clusters, tests (${natsVersionNeeded} or newer)`,
    command: 'npm run setup',
  };
  return server === undefined ? finding : { ...finding, note: jetStreamSync(server) };
}

/** @returns {Finding[]} */
function optionalTools() {
  const qemu = probe('qemu-system-riscv64', ['--version'], /version (\S+)/);
  const gcc = probe('riscv64-unknown-elf-gcc', ['--version'], /\((.*)\) \d/);
  const pinnedGcc = pinnedCompiler();
  const docker = probe('docker', ['version', '--format', '{{.Server.Version}}'], /^(\d\S*)/m);
  const chromium = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => probe(name, ['--version'], /(\d+\.\S+)/))
    .find((version) => version !== undefined);
  return [
    optional('qemu', qemu, 'tests and bench against QEMU', installCommand('qemu-system-misc')),
    {
      ...optional('riscv gcc', gcc, 'npm run guests:build', installCommand(`gcc-riscv64-unknown-elf=${pinnedGcc}`)),
      present: gcc === pinnedGcc,
      found: gcc === undefined || gcc === pinnedGcc ? (gcc ?? 'none') : `${gcc}; the guests need ${pinnedGcc}`,
    },
    optional(
      'dtc',
      probe('dtc', ['--version'], /DTC (\S+)/),
      'reading device trees',
      installCommand('device-tree-compiler'),
    ),
    optional('docker engine', docker, 'nothing yet (clusters in containers, later)', installCommand('docker.io')),
    optional(
      'chromium',
      chromium,
      'nothing yet (the dashboard, later)',
      isUbuntu() ? 'sudo snap install chromium' : installCommand('chromium'),
    ),
  ];
}

/** @param {string} name @param {string | undefined} found @param {string} neededFor @param {string} command @returns {Finding} */
function optional(name, found, neededFor, command) {
  return { name, required: false, present: found !== undefined, found: found ?? 'none', neededFor, command };
}

/** @returns {Finding} */
function memory() {
  const memoryGiB = totalmem() / 2 ** 30;
  return {
    name: 'memory',
    required: false,
    present: memoryGiB >= memoryNeededGiB,
    found: `${memoryGiB.toFixed(1)} GiB`,
    neededFor: `ten hosts live (${memoryNeededGiB} GiB)`,
    command: 'replay without --live, or give the machine more',
  };
}

/** @returns {Finding} */
function cores() {
  return {
    name: 'cores',
    required: false,
    present: availableParallelism() >= 2,
    found: String(availableParallelism()),
    neededFor: 'live clusters at full pace (2)',
    command: 'replay without --live, or give the machine more',
  };
}

function table() {
  const rows = findings.map((finding) => [stateOf(finding), finding.name, finding.found, finding.neededFor]);
  const cells = [['', 'what', 'found', 'needed for'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  for (const { note } of findings) {
    if (note !== undefined) lines.push('', note);
  }
  const missing = findings.filter((finding) => !finding.present && finding.command !== undefined);
  const nameWidth = Math.max(0, ...missing.map((finding) => finding.name.length));
  if (missing.length > 0) lines.push('', 'To get what is missing:');
  for (const { name, command } of missing) lines.push(`  ${name.padEnd(nameWidth)}  ${command}`);
  lines.push(
    '',
    healthy ? 'Everything that npm start and npm test need is here.' : 'Something required is missing.',
    '',
  );
  return lines.join('\n');
}

/** @param {Finding} finding */
function stateOf(finding) {
  if (finding.present) return 'ok';
  return finding.required ? 'MISSING' : 'absent';
}

/** @param {string} name */
function installCommand(name) {
  const root = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${root}apt-get install ${name}`;
}

function pinnedCompiler() {
  return JSON.parse(readFileSync(join(checkout, 'guests', 'toolchain.json'), 'utf8')).gcc.version;
}

function osRelease() {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}

function isUbuntu() {
  return /^ID=ubuntu/m.test(osRelease());
}

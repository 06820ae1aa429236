// Finds a nats-server, or gets the distribution's package of it without root: download, unpack beside the target,
// check that it runs, then rename the folder into place. A folder under that name is therefore always whole; one that
// somebody damaged afterwards shows by its size and is fetched again.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findInPath, natsDownloaded, natsFolder } from './paths.mjs';
import { SetupFailure } from './setup-failure.mjs';

/** JetStream as we use it (key-value with compare-and-swap, expected last sequence, message ids) is settled in 2.9. */
export const natsVersionNeeded = '2.9.0';

const ownAptFolder = join(dirname(natsFolder), 'apt');
const originFile = join(natsFolder, 'origin.json');

/**
 * The nats-server that will be used: the system's when it is new enough, else the one that was unpacked here.
 * @returns {{ path: string, version: string, origin: 'system' | 'unpacked' } | undefined}
 */
export function findNatsServer() {
  const system = findInPath('nats-server', natsFolder);
  if (system !== undefined) {
    const version = versionOf(system);
    if (version !== undefined && isAtLeast(version, natsVersionNeeded))
      return { path: system, version, origin: 'system' };
  }
  if (!unpackedIsWhole()) return undefined;
  const version = versionOf(natsDownloaded);
  return version === undefined ? undefined : { path: natsDownloaded, version, origin: 'unpacked' };
}

/**
 * @param {(line: string) => void} say
 */
export function installNatsServer(say) {
  for (const tool of ['apt-get', 'dpkg']) {
    if (findInPath(tool) === undefined) {
      throw new SetupFailure(`There is no nats-server in PATH, and without ${tool} set-up cannot get one.`, [
        `Install nats-server ${natsVersionNeeded} or newer the way your system does it, and run the same command again.`,
      ]);
    }
  }
  mkdirSync(dirname(natsFolder), { recursive: true });
  for (const left of readdirSync(dirname(natsFolder))) {
    if (left.startsWith('unfinished-')) rmSync(join(dirname(natsFolder), left), { recursive: true, force: true });
  }
  const workFolder = mkdtempSync(join(dirname(natsFolder), 'unfinished-'));
  try {
    say('getting nats-server from the packages of this distribution');
    const archive = download(workFolder, say);
    const unpackedFolder = join(workFolder, 'unpacked');
    run('dpkg', ['-x', archive, unpackedFolder], workFolder, 'unpacking the nats-server package failed');
    publish(join(unpackedFolder, 'usr'), archive, workFolder);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

/**
 * Puts the binary under its final name, in one rename.
 * @param {string} usrFolder @param {string} archive @param {string} workFolder
 */
function publish(usrFolder, archive, workFolder) {
  const binary = ['sbin', 'bin']
    .map((folder) => join(usrFolder, folder, 'nats-server'))
    .find((path) => existsSync(path));
  if (binary === undefined) throw new SetupFailure(`The package ${archive} holds no nats-server.`);
  const version = versionOf(binary);
  if (version === undefined)
    throw new SetupFailure('The nats-server of this distribution does not run on this machine.');
  if (!isAtLeast(version, natsVersionNeeded)) {
    throw new SetupFailure(`This distribution has nats-server ${version}; ${natsVersionNeeded} or newer is needed.`, [
      'Put a newer nats-server in PATH and run the same command again.',
    ]);
  }
  const readyFolder = join(workFolder, 'ready');
  mkdirSync(readyFolder);
  renameSync(binary, join(readyFolder, 'nats-server'));
  const origin = {
    package: archive.split('/').at(-1),
    version,
    bytes: statSync(join(readyFolder, 'nats-server')).size,
  };
  writeFileSync(join(readyFolder, 'origin.json'), `${JSON.stringify(origin, null, 2)}\n`);
  rmSync(natsFolder, { recursive: true, force: true });
  renameSync(readyFolder, natsFolder);
}

/**
 * `apt-get download` needs no root, only package lists. A bare container has none: then they are fetched into a folder
 * of our own, which also needs no root.
 * @param {string} folder @param {(line: string) => void} say
 * @returns {string} the path of the package
 */
function download(folder, say) {
  // As root, apt would drop to a user who may not write here, and warn about it.
  const asRoot = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
  const first = aptGet(['-q', ...asRoot, 'download', 'nats-server'], folder);
  const archiveOfFirst = archiveIn(folder);
  if (first.status === 0 && archiveOfFirst !== undefined) return archiveOfFirst;

  say('no usable package lists on this machine: fetching them into .lightsout (no root needed)');
  const settings = [...asRoot, ...ownAptSettings(folder)];
  const update = aptGet(['-q', ...settings, 'update'], folder);
  const second = aptGet(['-q', ...settings, 'download', 'nats-server'], folder);
  rmSync(ownAptFolder, { recursive: true, force: true });
  const archive = archiveIn(folder);
  if (second.status === 0 && archive !== undefined) return archive;
  const reasons = `${update.status === 0 ? '' : update.stderr}${second.stderr}`.trim().split('\n').slice(-4);
  throw new SetupFailure('nats-server could not be downloaded:', [
    ...reasons,
    'Either install it as root:  apt-get update && apt-get install nats-server',
    `or put nats-server ${natsVersionNeeded} or newer in PATH; then run the same command again.`,
  ]);
}

/**
 * apt with lists and caches of our own. The hooks that images and desktops hang on `update` are cleared: they act on
 * the system's folders and fail without root. They can only be cleared in a file that apt reads after its own.
 * @param {string} folder
 */
function ownAptSettings(folder) {
  mkdirSync(join(ownAptFolder, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(ownAptFolder, 'cache', 'archives', 'partial'), { recursive: true });
  const file = join(folder, 'apt.conf');
  const lines = [
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::State::lists "${join(ownAptFolder, 'lists')}";`,
    `Dir::Cache "${join(ownAptFolder, 'cache')}";`,
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    'Acquire::Languages "none";',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return ['-c', file];
}

/** @param {string[]} args @param {string} cwd */
function aptGet(args, cwd) {
  return spawnSync('apt-get', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** @param {string} folder */
function archiveIn(folder) {
  const name = readdirSync(folder).find((entry) => entry.startsWith('nats-server_') && entry.endsWith('.deb'));
  return name === undefined ? undefined : join(folder, name);
}

/** @param {string} command @param {string[]} args @param {string} cwd @param {string} failure */
function run(command, args, cwd, failure) {
  const ended = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (ended.status !== 0) throw new SetupFailure(`${failure}: ${(ended.error?.message ?? ended.stderr).trim()}`);
}

function unpackedIsWhole() {
  if (!existsSync(natsDownloaded) || !existsSync(originFile)) return false;
  return JSON.parse(readFileSync(originFile, 'utf8')).bytes === statSync(natsDownloaded).size;
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function versionOf(path) {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return /v?(\d+\.\d+\.\d+)/.exec(answer.stdout ?? '')?.[1];
}

/** @param {string} version @param {string} least */
export function isAtLeast(version, least) {
  const parts = (/** @type {string} */ text) => text.split('.').map(Number);
  const [have, need] = [parts(version), parts(least)];
  for (let index = 0; index < need.length; index++) {
    const difference = (have[index] ?? 0) - (need[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

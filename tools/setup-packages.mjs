// Installs what package-lock.json names, and knows whether that was done and finished. `npm ci` starts by emptying
// node_modules; we write our stamp there as the last step, so an interrupted installation has no stamp and is repeated.
// Somebody who ran npm by hand is not made to wait for it again: npm's own record of the tree is compared instead.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  checkout,
  findInPath,
  modulesFolder,
  nodeBrought,
  nodeForSources,
  nodeMajorNeeded,
  stateFolder,
} from './paths.mjs';
import { SetupFailure } from './setup-failure.mjs';

/**
 * @typedef {{ version?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

const lockFile = join(checkout, 'package-lock.json');
const stampFile = join(modulesFolder, '.lightsout-setup.json');
const npmRecord = join(modulesFolder, '.package-lock.json');

/**
 * A user's own npm settings must not leave out what we need (NODE_ENV=production omits vitest, for one). Engine warnings
 * are hidden: npm judges by the Node it runs on, and these packages run on the Node that it brings.
 */
const npmSettings = [
  ...['--include=dev', '--include=optional', '--package-lock=true', '--engine-strict=false'],
  ...['--no-audit', '--no-fund', '--loglevel=error', '--progress=false'],
];

/** True when the last installation ended well and was of this lock file, for this machine, and is still there. */
export function packagesAreInstalled() {
  if (stampOnDisk() !== stampWanted() || nodeForSources() === undefined) return false;
  return directDependencies().every((name) => existsSync(join(modulesFolder, name, 'package.json')));
}

/**
 * @param {(line: string) => void} say
 */
export function installPackages(say) {
  if (treeMatchesLock()) {
    writeStamp();
    return;
  }
  say('installing what package-lock.json names (npm ci)');
  const npm = findInPath('npm', join(modulesFolder, '.bin'));
  if (npm === undefined)
    throw new SetupFailure('npm is not in PATH.', ['On Debian and Ubuntu: sudo apt-get install npm']);
  const command = [...heldLock(), npm, 'ci', ...npmSettings];
  const ended = spawnSync(String(command[0]), command.slice(1), {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
    env: environmentForNpm(),
  });
  if (ended.signal) throw new SetupFailure(`npm ci was stopped by ${ended.signal}; the next run starts it again.`);
  if (ended.status !== 0) {
    throw new SetupFailure(`npm ci failed (${ended.error?.message ?? `exit code ${ended.status}`}); see above.`, [
      'If the network was the cause, run the same command again: nothing half-installed is used.',
    ]);
  }
  assertNodeRuns();
  writeStamp();
}

/** An npm whose set-up was killed goes on by itself; with this the next npm waits until it has ended. */
function heldLock() {
  const flock = findInPath('flock');
  return flock === undefined ? [] : [flock, join(stateFolder, 'npm.lock')];
}

function assertNodeRuns() {
  const node = nodeForSources();
  if (node === undefined) {
    // npm takes an optional package that it cannot download for one that was not wanted.
    throw new SetupFailure(`npm did not bring Node ${nodeMajorNeeded} (${nodeBrought} is missing).`, [
      'Run the same command again when the registry can be reached,',
      `or put a Node ${nodeMajorNeeded} or newer first in PATH.`,
    ]);
  }
  const answer = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (answer.status === 0) return;
  const why = (answer.error?.message ?? answer.stderr).trim().split('\n')[0];
  throw new SetupFailure(`Node ${nodeMajorNeeded} was installed and does not run on this machine: ${why}`, [
    `Put a Node ${nodeMajorNeeded} or newer that does run first in PATH.`,
  ]);
}

/** npm must not run on the Node that lies in the folder it is about to empty. */
function environmentForNpm() {
  const own = join(modulesFolder, '.bin');
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== own);
  return { ...process.env, PATH: path.join(delimiter) };
}

function directDependencies() {
  const described = readJson(join(checkout, 'package.json'));
  return Object.keys({ ...described.dependencies, ...described.devDependencies });
}

function stampWanted() {
  const locked = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  const node = readJson(lockFile).packages[`node_modules/node-linux-${process.arch}`]?.version ?? process.versions.node;
  return `${JSON.stringify({ lockSha256: locked, node, platform: `${process.platform}-${process.arch}` }, null, 2)}\n`;
}

function stampOnDisk() {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
}

function writeStamp() {
  const unfinished = `${stampFile}.${process.pid}`;
  writeFileSync(unfinished, stampWanted());
  renameSync(unfinished, stampFile);
}

/** npm writes its record of node_modules when it has finished, and `npm ci` removes the old one before it begins. */
function treeMatchesLock() {
  if (!existsSync(npmRecord) || nodeForSources() === undefined) return false;
  const wanted = /** @type {Lock} */ (readJson(lockFile)).packages;
  const present = /** @type {Lock} */ (readJson(npmRecord)).packages;
  return Object.entries(wanted).every(([path, locked]) => {
    if (path === '') return true;
    if (present[path] === undefined) return locked.optional === true && !isForThisMachine(locked);
    return present[path].version === locked.version && existsSync(join(checkout, path, 'package.json'));
  });
}

/**
 * What names no machine and is optional comes with something that does (the WebAssembly bindings of rolldown have such
 * dependencies), so its absence says nothing; the packages above it are judged by themselves.
 * @param {LockedPackage} locked
 */
function isForThisMachine(locked) {
  const restrictions = [
    { allowed: locked.os, ours: process.platform },
    { allowed: locked.cpu, ours: process.arch },
    { allowed: locked.libc, ours: 'glibc' },
  ].filter(({ allowed }) => allowed !== undefined);
  // Some packages write one name where others write a list of names.
  return restrictions.length > 0 && restrictions.every(({ allowed, ours }) => [allowed].flat().includes(ours));
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

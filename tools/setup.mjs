// All the set-up there is, in two parts: npm packages (Node 24 among them) and nats-server. Both parts know whether they
// are done, so calling this costs a few milliseconds when they are. One set-up at a time: the kernel holds the lock
// (flock) for as long as the process that took it is alive, so none is ever left behind.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, findInPath, nodeMajorForSetup, stateFolder } from './paths.mjs';
import { SetupFailure } from './setup-failure.mjs';
import { findNatsServer, installNatsServer } from './setup-nats.mjs';
import { installPackages, packagesAreInstalled } from './setup-packages.mjs';

/** What a command may need beyond the npm packages. @typedef {'nats'} Need */

const exitLockTaken = 75;
/** Longer than the slowest installation that was seen (npm ci took 18 s, apt lists and download 20 s), by far. */
const waitForOtherSeconds = 1800;

/**
 * Returns when everything is there; throws a SetupFailure when it cannot be.
 * @param {readonly Need[]} needs
 */
export function ensureSetup(needs) {
  assertMachineFits();
  if (isSetUp(needs)) return;
  mkdirSync(stateFolder, { recursive: true });
  const itself = [process.execPath, join(checkout, 'tools', 'setup-now.mjs'), ...needs];
  if (findInPath('flock') === undefined) {
    setUp(needs);
    return;
  }
  const lock = join(stateFolder, 'setup.lock');
  let ended = spawnSync('flock', ['-n', '-E', String(exitLockTaken), lock, ...itself], { stdio: 'inherit' });
  if (ended.status === exitLockTaken) {
    say('another set-up is running in this checkout; waiting for it');
    const patience = ['-w', String(waitForOtherSeconds), '-E', String(exitLockTaken)];
    ended = spawnSync('flock', [...patience, lock, ...itself], { stdio: 'inherit' });
  }
  if (ended.signal) throw new SetupFailure(`set-up was stopped by ${ended.signal}; the next run takes it up again.`);
  if (ended.status !== 0) process.exit(ended.status ?? 1); // it has said why
}

/** @param {readonly Need[]} needs */
export function isSetUp(needs) {
  return packagesAreInstalled() && (!needs.includes('nats') || findNatsServer() !== undefined);
}

export function assertMachineFits() {
  if (Number(process.versions.node.split('.')[0]) < nodeMajorForSetup) {
    throw new SetupFailure(`Set-up needs Node ${nodeMajorForSetup} or newer; this is ${process.versions.node}.`, [
      'Install one: https://nodejs.org/en/download',
    ]);
  }
  if (process.platform !== 'linux') {
    throw new SetupFailure(
      `Lightsout runs on Linux only (this is ${process.platform}); a Linux container or virtual machine will do.`,
    );
  }
}

/** Does what is missing, for whoever holds the lock. @param {readonly Need[]} needs */
export function setUp(needs) {
  const startedMs = Date.now();
  if (!packagesAreInstalled()) installPackages(say);
  if (needs.includes('nats') && findNatsServer() === undefined) installNatsServer(say);
  say(`done in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

/** To stderr: what a command prints on stdout belongs to that command. @param {string} line */
function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

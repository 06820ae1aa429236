// Where the checkout keeps what set-up puts there, and which Node runs the sources. Plain JavaScript, as all of
// `tools/*.mjs`: whatever Node 20 or newer the machine has must be able to read it before anything is installed.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
export const stateFolder = join(checkout, '.lightsout');
export const reportsFolder = join(stateFolder, 'reports');
export const natsFolder = join(stateFolder, 'tools', 'nats-server');
export const natsDownloaded = join(natsFolder, 'nats-server');
export const modulesFolder = join(checkout, 'node_modules');

/** The oldest Node that can read the plain JavaScript of tools/ and whose npm installs the packages. */
export const nodeMajorForSetup = 20;

/** The release that strips types from the sources without a flag and that all of us are tested on. */
export const nodeMajorNeeded = 24;

/** The Node that npm brought (an optional dependency per architecture), whether it is there or not. */
export const nodeBrought = join(modulesFolder, `node-linux-${process.arch}`, 'bin', 'node');

/**
 * The Node that runs the sources: the one that npm brought, or this one when it is new enough (on an architecture for
 * which the registry has none). Nothing when there is neither.
 * @returns {string | undefined}
 */
export function nodeForSources() {
  if (isExecutable(nodeBrought)) return nodeBrought;
  const major = Number(process.versions.node.split('.')[0]);
  return major >= nodeMajorNeeded ? process.execPath : undefined;
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent, or not ours to run: the same to whoever asks
  }
}

/**
 * The first executable of that name in PATH, as a shell would find it; `except` is a folder to pass over.
 * @param {string} name
 * @param {string} [except]
 * @returns {string | undefined}
 */
export function findInPath(name, except) {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '' || folder === except) continue;
    const candidate = join(folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/**
 * The environment for the programs we start: the nats-server that set-up unpacked goes last, so that one of the
 * system's is preferred.
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentForPrograms() {
  const path = process.env['PATH'] ?? '';
  return existsSync(natsDownloaded) ? { ...process.env, PATH: `${path}${delimiter}${natsFolder}` } : { ...process.env };
}

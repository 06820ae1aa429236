// What a power cut can cost: JetStream acknowledges a write before it is on the disk and syncs at an interval (2 minutes
// unless configured; NATS documentation, "JetStream, Syncing data to disk"). Whether this nats-server can be told to sync
// always is asked of the program itself, with a configuration it only has to check.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {{ path: string, version: string }} server
 * @returns {string}
 */
export function jetStreamSync(server) {
  const consequence =
    'A power cut of the machine may lose that much of what\nwas acknowledged; the death of a process loses nothing.';
  const choice = canSyncAlways(server.path)
    ? 'This version can sync before it acknowledges: jetstream { sync_interval: always }.'
    : `Version ${server.version} cannot be told otherwise (newer ones have sync_interval).`;
  return `By default JetStream syncs to disk every 2 minutes. ${consequence}\n${choice}`;
}

/** @param {string} path */
function canSyncAlways(path) {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-doctor-'));
  try {
    const file = join(folder, 'nats.conf');
    writeFileSync(file, `jetstream { store_dir: "${join(folder, 'store')}", sync_interval: always }\n`);
    return spawnSync(path, ['-t', '-c', file], { timeout: 10_000 }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

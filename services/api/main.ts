// The process of the API. The token that it asks for is made at its first start, for nothing is open by default.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runService } from '../../shared/runtime/live/mod.ts';
import { numberSetting, readConfiguration, textSetting } from '../../shared/runtime/mod.ts';
import { ApiServer } from './mod.ts';

const settings = readConfiguration(process.env, {
  address: textSetting('LIGHTSOUT_API_ADDRESS', '127.0.0.1'),
  port: numberSetting('LIGHTSOUT_API_PORT', 8420, { minimum: 0, maximum: 65_535, whole: true }),
  /** Names under which it is reached besides those of the loopback, parted by commas. */
  hosts: textSetting('LIGHTSOUT_API_HOSTS', ''),
  tokenFile: textSetting('LIGHTSOUT_API_TOKEN_FILE', ''),
  stateDir: textSetting('LIGHTSOUT_STATE_DIR'),
});

await runService('api', process.env, async ({ ports, log }) => {
  const { address, port } = settings;
  const hostNames = settings.hosts.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  const token = tokenOf(settings.tokenFile === '' ? join(settings.stateDir, 'api-token') : settings.tokenFile);
  const server = new ApiServer(ports, { address, port, hostNames, token, log });
  await server.start();
  return server;
});

/** Reads the token; makes it where there is none, for our eyes only. */
function tokenOf(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const token = readFileSync(path, 'utf8').trim();
  if (token === '') throw new Error(`the token file ${path} is empty; remove it, and a new one is made`);
  return token;
}

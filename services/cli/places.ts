// Where things are in a checkout.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliErrors } from './errors.ts';

export function guestsPath(checkoutPath: string): string {
  return join(checkoutPath, 'guests', 'build');
}

/** Names of the guest images at hand. Throws CLI_NO_GUESTS. */
export function guestImages(checkoutPath: string): readonly string[] {
  const path = guestsPath(checkoutPath);
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.elf')) : [];
  if (names.length === 0) throw cliErrors.create('CLI_NO_GUESTS', { path });
  return names.map((name) => name.slice(0, -'.elf'.length)).sort();
}

export function readGuest(checkoutPath: string, image: string): Uint8Array {
  return readFileSync(join(guestsPath(checkoutPath), `${image}.elf`));
}

export function clustersPath(checkoutPath: string): string {
  return join(checkoutPath, '.lightsout', 'clusters');
}

export function servicePath(checkoutPath: string, service: string): string {
  return join(checkoutPath, 'services', service, 'main.ts');
}

// The nats-server that live tests start: found as the product finds it. Without one the tests are skipped with one visible line, and
// fail where CI is set.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer, type NatsServer, startNatsServer } from '../live/mod.ts';

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

export const natsBinary = findNatsServer(process.env, CHECKOUT);

if (natsBinary === undefined) {
  const message = 'no nats-server found: live tests are skipped; `npm run doctor` says how to get one';
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`SKIPPED: ${message}\n`);
}

export interface TemporaryNats {
  readonly server: NatsServer;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A server on a free port with a folder that is gone afterwards. */
export async function temporaryNats(): Promise<TemporaryNats> {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-'));
  const server = await startNatsServer({ storeDir: join(folder, 'nats'), binary: natsBinary! });
  return {
    server,
    folder,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

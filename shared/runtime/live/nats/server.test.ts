import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { natsBinary } from '../../contract/nats-for-tests.ts';
import { findNatsServer, startNatsServer } from '../mod.ts';

describe('nats-server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lightsout-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(natsBinary === undefined)('says why it did not start, with the end of its log', async () => {
    const starting = startNatsServer({ storeDir: folder, binary: natsBinary!, configuration: 'nonsense: {' });
    await expect(starting).rejects.toThrow(/it ended with exit code 1; its log .*nats-server/s);
  });

  it('says when the program is not there', async () => {
    const starting = startNatsServer({ storeDir: folder, binary: join(folder, 'none') });
    await expect(starting).rejects.toThrow(/cannot be started/);
  });

  it('is found by the variable, then in the checkout, then on the path', () => {
    const place = (...parts: string[]): string => {
      const path = join(folder, ...parts);
      writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
      return path;
    };
    const onPath = place('nats-server');
    expect(findNatsServer({ PATH: folder }, join(folder, 'no-checkout'))).toBe(onPath);
    const named = place('mine');
    expect(findNatsServer({ PATH: folder, NATS_SERVER: named }, folder)).toBe(named);
    expect(findNatsServer({ PATH: folder, NATS_SERVER: join(folder, 'gone') }, folder)).toBe(onPath);
  });
});

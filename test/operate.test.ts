// An operator's evening on a live cluster: up, create, type, migrate, look, remove, down, all by the command line.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CliBench } from '../services/cli/testing/cli-bench.ts';
import { natsBinary } from '../shared/runtime/contract/nats-for-tests.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

describe.skipIf(natsBinary === undefined)('operating a live cluster', () => {
  test('a VM is created, typed to, moved and removed', async () => {
    const name = `operate-${process.pid}`;
    const bench = new CliBench(CHECKOUT);
    const run = (...args: readonly string[]) => bench.run(...args, '--name', name);
    try {
      expect((await run('up', '--hosts', '2')).exitCode).toBe(0);
      const created = await run('vm', 'create', 'web', '--image', 'burn', '--memory', '16MiB', '--host', 'host-1');
      expect(created).toMatchObject({ exitCode: 0, out: 'VM web runs on host host-1.\n' });
      expect((await run('vm', 'type', 'web', 'rate 50')).exitCode).toBe(0);
      await expect
        .poll(async () => (await run('vm', 'console', 'web')).out, { timeout: 30_000 })
        .toContain('ok rate 50');
      // Where a VM is known to run once its host has reported it.
      await expect.poll(async () => (await run('vm', 'ls')).out, { timeout: 30_000 }).toContain('running');
      const moved = await run('vm', 'migrate', 'web', '--to', 'host-2', '--json');
      expect(JSON.parse(moved.out)).toMatchObject({ vm: 'web', to: 'host-2', outcome: 'completed' });
      expect((await run('migration', 'ls')).out).toContain('completed');
      const events = await run('events', '--kind', 'migration.ended', '--json');
      expect(JSON.parse(events.out)).toMatchObject({ kind: 'migration.ended', report: { vm: 'web' } });
      const unknown = await run('vm', 'rm', 'wbe');
      expect(unknown).toMatchObject({ exitCode: 2, complaints: expect.stringContaining('no VM is called wbe') });
      expect((await run('vm', 'rm', 'web')).exitCode).toBe(0);
      await expect.poll(async () => (await run('vm', 'ls')).out, { timeout: 30_000 }).toBe('No VMs.\n');
    } finally {
      await run('down');
      bench.remove();
      rmSync(join(CHECKOUT, '.lightsout', 'clusters', name), { recursive: true, force: true });
    }
  });
});

// What guests print, and what is typed at them.

import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../shared/runtime/mod.ts';
import { countEvents } from '../../test/host-commands.ts';
import { MigrationLab } from '../../test/migration-lab.ts';
import { HOST } from '../../test/virtual-cluster.ts';

const MIB = 1024 * 1024;

describe('the console', () => {
  test('lets a guest go on that printed more than its ring holds within one quantum', async () => {
    const fast = { host: 'h1', ...HOST, memoryBytes: 32 * MIB, instructionsPerSecond: 400_000_000 };
    const lab = await MigrationLab.start({ hosts: [fast] });
    await lab.startVm('v', 'idle', '', 'h1');
    const before = countEvents(lab, 'vm.console');
    await lab.cluster.run(() => lab.type('v', 'help\n'.repeat(100).trimEnd()));
    await lab.cluster.runFor(5 * NS_PER_S);
    expect(countEvents(lab, 'vm.console') - before).toBeGreaterThanOrEqual(100);
    expect(await lab.talk('v', 'ping')).toBe('pong');
  });
});

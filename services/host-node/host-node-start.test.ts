// Starting a VM: once, also when the command is repeated much later, and a specification that cannot be started harms nobody else.

import { describe, expect, test } from 'vitest';
import type { HostCommand } from '../../shared/protocol/mod.ts';
import { atOnce, BUSY, countEvents } from '../../test/host-commands.ts';
import { MigrationLab } from '../../test/migration-lab.ts';

describe('start', () => {
  test('with more boot arguments than the board takes is refused, and the host lives on', async () => {
    const lab = await MigrationLab.start({ hosts: ['h1'] });
    const specification = lab.specify('v', 'burn', 'x'.repeat(1024));
    const claimed = await lab.cluster.run(() => lab.cluster.ownership.claim('v', 'h1'));
    if (claimed.kind !== 'done') throw new Error(claimed.kind);
    const owner = claimed.owned.record;
    const [answer] = await atOnce(lab, 'h1', { kind: 'start', specification, owner });
    expect(answer).toMatchObject({ ok: false, code: 'HOST_BAD_VM' });
    await lab.settle([]);
    await lab.expectEmptyHostsToSleep();
  });

  test('that is repeated while the image is being loaded starts one VM', async () => {
    const lab = await MigrationLab.start({ hosts: ['h1'] });
    const specification = lab.specify('v', 'burn', BUSY);
    const claimed = await lab.cluster.run(() => lab.cluster.ownership.claim('v', 'h1'));
    if (claimed.kind !== 'done') throw new Error(claimed.kind);
    const start: HostCommand = { kind: 'start', specification, owner: claimed.owned.record };
    expect(await atOnce(lab, 'h1', start, start, start)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(countEvents(lab, 'vm.started')).toBe(1);
    expect(lab.residents('h1')).toHaveLength(1);
  });
});

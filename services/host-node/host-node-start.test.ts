// Starting a VM: once, also when the command is repeated much later, and a specification that cannot be started harms nobody else.

import { describe, expect, test } from 'vitest';
import { MAXIMUM_RATE } from '../../shared/machine/mod.ts';
import { type HostCommand, hostSpecificationCodec, type OwnerRecord } from '../../shared/protocol/mod.ts';
import { NS_PER_S } from '../../shared/runtime/mod.ts';
import { atOnce, BUSY, countEvents, labWith, STOP } from '../../test/host-commands.ts';
import { MigrationLab } from '../../test/migration-lab.ts';
import { HOST } from '../../test/virtual-cluster.ts';

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

describe('a VM that has ended', () => {
  test('is not started once more by a repetition of the command that started it', async () => {
    const lab = await labWith('burn', BUSY);
    const owner: OwnerRecord = { vm: 'v', host: 'h1', epoch: 1 };
    const specification = lab.specify('v', 'burn', BUSY);
    // The record still says what it said, since the release does not come through.
    lab.cluster.world.network.setFaults({ storeLoss: 1 });
    await atOnce(lab, 'h1', STOP);
    await lab.cluster.runFor(1);
    const release = lab.cluster.runFor(NS_PER_S);
    await release;
    lab.cluster.world.network.setFaults({ storeLoss: 0 });
    const [again] = await atOnce(lab, 'h1', { kind: 'start', specification, owner });
    expect(again).toMatchObject({ ok: false });
    await lab.cluster.runFor(60 * NS_PER_S);
    expect(lab.record('v')).toEqual({ vm: 'v', host: 'h1', epoch: 2, released: true });
    expect(countEvents(lab, 'vm.started')).toBe(1);
    await lab.settle([]);
  });
});

test('a host that is faster than its machines can count is refused by its specification', () => {
  const specification = { host: 'h', ...HOST, instructionsPerSecond: MAXIMUM_RATE };
  expect(hostSpecificationCodec.decode(hostSpecificationCodec.encode(specification))).toEqual(specification);
  const faster = { ...specification, instructionsPerSecond: MAXIMUM_RATE + 1 };
  expect(() => hostSpecificationCodec.decode(new TextEncoder().encode(JSON.stringify(faster)))).toThrow(
    /instructionsPerSecond/,
  );
});

// Standby and wake: only when nothing is there, in the order in which they were asked for.

import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../shared/runtime/mod.ts';
import { atOnce, BUSY, countEvents, labWith, migrate, STANDBY, STOP, WAKE } from '../../test/host-commands.ts';
import { MigrationLab } from '../../test/migration-lab.ts';
import { HOST } from '../../test/virtual-cluster.ts';

const MIB = 1024 * 1024;

describe('power', () => {
  test('standby and wake that follow each other at once are told in the order in which they happened', async () => {
    const quick = { host: 'h1', ...HOST, memoryBytes: 32 * MIB, power: { ...HOST.power, wakeDelayNs: 0 } };
    const lab = await MigrationLab.start({ hosts: [quick] });
    await lab.startVm('v', 'burn', BUSY, 'h1');
    // The host is still in a quantum when it is told to sleep.
    const [, asleep, awake] = await atOnce(lab, 'h1', STOP, STANDBY, WAKE);
    if (asleep?.ok !== true) await atOnce(lab, 'h1', STANDBY, WAKE);
    else expect(awake).toEqual({ ok: true });
    await lab.cluster.runFor(NS_PER_S);
    const told = lab.cluster.events.map(({ kind }) => kind).filter((kind) => /^host\.(standby|waking|on)$/.test(kind));
    expect(told).toEqual(['host.standby', 'host.waking', 'host.on']);
    await lab.startVm('w', 'burn', BUSY, 'h1', 5 * MIB);
  });

  test('standby is refused while a VM is there, and done twice without harm when it is empty', async () => {
    const lab = await labWith('idle', '');
    expect(await atOnce(lab, 'h1', STANDBY)).toMatchObject([{ ok: false, code: 'HOST_NOT_EMPTY' }]);
    expect(await atOnce(lab, 'h2', STANDBY, STANDBY)).toEqual([{ ok: true }, { ok: true }]);
    expect(await atOnce(lab, 'h1', migrate(lab))).toMatchObject([{ ok: true }]);
    await lab.cluster.runFor(NS_PER_S);
    expect(lab.cluster.events.at(-1)).toMatchObject({ report: { outcome: 'failed' } });
    expect(await atOnce(lab, 'h2', WAKE, WAKE)).toEqual([{ ok: true }, { ok: true }]);
    await lab.cluster.runFor(11 * NS_PER_S);
    expect(countEvents(lab, 'host.on')).toBe(1);
  });

  test('standby while an offered VM waits for the end of a quantum: the VM stays where it is', async () => {
    for (const delayUs of [200, 500, 1000, 3000, 6000, 9000]) {
      const lab = await labWith('dirty', 'set-kib=64 rate-kib=64 period-ms=50');
      await lab.startVm('w', 'burn', BUSY, 'h2', 5 * MIB);
      // The quantum that follows runs nothing, but it is one.
      await atOnce(lab, 'h2', { kind: 'stop', vm: 'w' });
      const [, asleep] = await lab.cluster.run(() =>
        Promise.all([
          lab.ask('h1', migrate(lab)),
          lab.cluster.operator.clock.sleep(delayUs * 1000).then(() => lab.ask('h2', STANDBY)),
        ]),
      );
      await lab.cluster.runFor(NS_PER_S);
      if (asleep?.ok === true) {
        expect(lab.record('v')).toEqual({ vm: 'v', host: 'h1', epoch: 1 });
        expect(lab.residents('h1')).toMatchObject([{ name: 'v', isRunning: true }]);
        await atOnce(lab, 'h2', WAKE);
        await lab.cluster.runFor(11 * NS_PER_S);
      }
      await lab.settle(['v']);
    }
  });
});

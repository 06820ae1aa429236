// A host node that is told to end, and one whose CPUs fail, with migrations under way.

import { expect, test } from 'vitest';
import { NS_PER_MS, NS_PER_S } from '../../shared/runtime/mod.ts';
import { BUSY, labWith, migrate } from '../../test/host-commands.ts';
import { MigrationLab } from '../../test/migration-lab.ts';

const DIRTY = 'set-kib=128 rate-kib=512 period-ms=20';

test.each(['h1', 'h2'])(
  '%s ends in the middle of a migration: at once, and nobody takes over what it cannot run',
  async (host) => {
    for (let frame = 0; frame < 40; frame += 1) {
      const lab = await labWith('dirty', DIRTY);
      const first = lab.frames;
      let stopped: Promise<void> | undefined;
      let recordThen: unknown;
      lab.onFrame = ({ index }) => {
        if (index !== first + frame) return undefined;
        recordThen = lab.record('v');
        stopped = lab.cluster.hosts.get(host)!.stop();
        return undefined;
      };
      await lab.cluster.run(() => lab.ask('h1', migrate(lab), 1));
      await lab.cluster.runFor(NS_PER_S);
      if (stopped === undefined) break;
      await lab.cluster.run(() => stopped!);
      await lab.cluster.runFor(60 * NS_PER_S);
      const other = host === 'h1' ? 'h2' : 'h1';
      const where = `${host} ended at frame ${frame}`;
      // Either the other one has it and runs it, or it was the one that ended that had it already.
      if (lab.record('v')!.host !== other) expect(lab.record('v'), where).toEqual(recordThen);
      else expect(lab.residents(other), where).toMatchObject([{ name: 'v', isRunning: true }]);
    }
  },
);

test('a host whose CPUs fail says so once, and runs nothing any more', async () => {
  let isBroken = false;
  const lab = await MigrationLab.start({
    hosts: ['h1', 'h2'],
    executor: (executor) => ({
      ...executor,
      close: () => executor.close(),
      attach: async (host, memory) => {
        const attached = await executor.attach(host, memory);
        const run = (fromNs: number, toNs: number) =>
          isBroken && host === 'h1' ? Promise.reject(new Error('the thread died')) : attached.run(fromNs, toNs);
        return { run, detach: () => attached.detach() };
      },
    }),
  });
  await lab.startVm('v', 'burn', BUSY, 'h1');
  await lab.cluster.run(() => lab.ask('h1', migrate(lab), 1));
  isBroken = true;
  await expect(lab.cluster.runFor(20 * NS_PER_MS)).rejects.toThrow('the thread died');
  expect(lab.cluster.failures).toHaveLength(1);
  lab.cluster.failures.length = 0;
  const [{ vm }] = lab.residents('h1') as [ReturnType<MigrationLab['residents']>[number]];
  const { instructions } = vm.accounting;
  await lab.cluster.runFor(60 * NS_PER_S);
  expect(vm.accounting.instructions).toBe(instructions);
  // The target has given up on it.
  expect(lab.residents('h2')).toEqual([]);
  expect(lab.record('v')).toEqual({ vm: 'v', host: 'h1', epoch: 1 });
});

// The switch-over when the store is the one that fails: whatever it answers or does not, exactly one host goes on with the VM.

import { describe, expect, test } from 'vitest';
import { BUCKET_OWNERS } from '../shared/protocol/mod.ts';
import { type Bucket, NS_PER_S, runtimeErrors, type ServicePorts } from '../shared/runtime/mod.ts';
import { MigrationLab } from './migration-lab.ts';

const DIRTY = 'set-kib=128 rate-kib=512 period-ms=20';
const [FINAL, SWAPPED] = [5, 20];

type Update = Bucket['update'];

/** Ports whose changes of owner records go through `update`. */
function meddledPorts(ports: ServicePorts, update: (real: Update) => Update): ServicePorts {
  const bucket = async (name: string): Promise<Bucket> => {
    const real = await ports.store.bucket(name);
    if (name !== BUCKET_OWNERS) return real;
    return { ...real, update: update((...call) => real.update(...call)) };
  };
  return { ...ports, store: { ...ports.store, bucket } };
}

const odd = () => runtimeErrors.create('RUNTIME_CLOSED', { what: 'the store', reason: 'nobody expected this' });

async function lab(meddler: string, update: (real: Update) => Update): Promise<MigrationLab> {
  const made = await MigrationLab.start({
    hosts: ['h1', 'h2'],
    ports: (host, ports) => (host === meddler ? meddledPorts(ports, update) : ports),
  });
  await made.startVm('v', 'dirty', DIRTY, 'h1');
  return made;
}

describe('an answer of the store that nobody expects', () => {
  test('to the target, after the swap was done, does not lose the VM', async () => {
    let calls = 0;
    const made = await lab('h2', (real) => async (...call) => {
      calls += 1;
      const revision = await real(...call);
      if (calls === 1) throw odd();
      return revision;
    });
    await made.cluster.run(() => made.beginMigration('v', 'h2'));
    await made.cluster.runFor(30 * NS_PER_S);
    expect(made.record('v')).toEqual({ vm: 'v', host: 'h2', epoch: 2 });
    expect(calls).toBeGreaterThan(1);
    await made.settle(['v']);
  });

  test('to the source that wants the VM back does not let it run on a guess', async () => {
    let calls = 0;
    const made = await lab('h1', (real) => async (...call) => {
      calls += 1;
      if (calls === 1) throw odd();
      return real(...call);
    });
    // The target has it, and its word of it is lost.
    made.onFrame = ({ type }) => (type === SWAPPED ? new Error('broken') : undefined);
    await made.cluster.run(() => made.beginMigration('v', 'h2'));
    await made.cluster.runFor(30 * NS_PER_S);
    expect(made.record('v')).toEqual({ vm: 'v', host: 'h2', epoch: 2 });
    expect(calls).toBeGreaterThan(1);
    made.onFrame = undefined;
    await made.settle(['v']);
  });
});

describe('a store that is away from the last frame on', () => {
  test.each(['the stream breaks with it', 'the stream holds'])(
    'keeps the VM paused, then one host has it: %s',
    async (which) => {
      const made = await lab('nobody', (real) => real);
      const { network } = made.cluster.world;
      let gone = false;
      made.onFrame = ({ type }) => {
        if (type !== FINAL || gone) return undefined;
        gone = true;
        network.setFaults({ storeLoss: 1 });
        return undefined;
      };
      await made.cluster.run(() => made.beginMigration('v', 'h2'));
      if (which === 'the stream breaks with it') {
        await made.cluster.runFor(NS_PER_S / 10);
        network.setFaults({ streamBreak: 1 });
      }
      await made.cluster.runFor(90 * NS_PER_S);
      expect(gone).toBe(true);
      const running = ['h1', 'h2'].flatMap((host) => made.residents(host).filter(({ isRunning }) => isRunning));
      expect(running).toEqual([]);
      network.setFaults({ storeLoss: 0, streamBreak: 0 });
      await made.settle(['v']);
      const ended = made.cluster.events.filter((event) => event.kind === 'migration.ended');
      expect(ended.length).toBeGreaterThanOrEqual(2);
    },
  );
});

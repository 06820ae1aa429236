// The console of a VM that moves: what is typed arrives exactly once, what is printed comes whole, wherever the VM is at that moment.

import { expect, test } from 'vitest';
import type { HostCommand } from '../shared/protocol/mod.ts';
import { NS_PER_MS } from '../shared/runtime/mod.ts';
import { atOnce, labWith, migrate } from './host-commands.ts';
import type { MigrationLab } from './migration-lab.ts';

const DIRTY = 'set-kib=128 rate-kib=512 period-ms=20';

const type = (input: string, text: string): HostCommand => ({ kind: 'type', vm: 'v', input, text });

async function moved(lab: MigrationLab): Promise<void> {
  const ended = lab.cluster.next('migration.ended');
  expect(await atOnce(lab, 'h1', migrate(lab))).toMatchObject([{ ok: true }]);
  expect((await lab.cluster.run(() => ended)).report).toMatchObject({ outcome: 'completed' });
}

test('an input that was accepted before the move is recognised after it', async () => {
  const lab = await labWith('dirty', DIRTY);
  expect(await atOnce(lab, 'h1', type('a', 'ping\n'), type('a', 'ping\n'))).toEqual([{ ok: true }, { ok: true }]);
  await moved(lab);
  expect(await atOnce(lab, 'h2', type('a', 'ping\n'), type('b', 'ping\n'))).toEqual([{ ok: true }, { ok: true }]);
  await lab.cluster.runFor(100 * NS_PER_MS);
  expect(lab.lines('v').filter((line) => line === 'pong')).toHaveLength(2);
});

test('an input that comes while the VM stands still is refused, and finds it at its new host', async () => {
  const lab = await labWith('dirty', DIRTY);
  const answers: unknown[] = [];
  const FINAL = 5;
  lab.onFrame = ({ type: kind }) => {
    if (kind === FINAL) void lab.ask('h1', type('a', 'ping\n'), 1).then((answer) => answers.push(answer));
    return undefined;
  };
  await moved(lab);
  expect(answers).toMatchObject([{ ok: false, code: 'HOST_VM_NOT_HERE' }]);
  expect(await atOnce(lab, 'h2', type('a', 'ping\n'))).toEqual([{ ok: true }]);
  await lab.cluster.runFor(100 * NS_PER_MS);
  expect(lab.lines('v').filter((line) => line === 'pong')).toHaveLength(1);
});

test('a line that was half printed is told whole, by the host that sees its end', async () => {
  const lab = await labWith('dirty', `${DIRTY} echo=1`);
  // The guest sends back what is typed, letter by letter.
  await atOnce(lab, 'h1', type('a', 'pi'));
  await lab.cluster.runFor(100 * NS_PER_MS);
  await moved(lab);
  await atOnce(lab, 'h2', type('b', 'ng\n'));
  await lab.cluster.runFor(100 * NS_PER_MS);
  const told = lab.events.flatMap((event) => (event.kind === 'vm.console' ? [`${event.host} ${event.line}`] : []));
  expect(told.slice(-2)).toEqual(['h2 ping', 'h2 pong']);
});

test('every one of many inputs during several moves is typed once, in its order', async () => {
  const lab = await labWith('dirty', DIRTY);
  const typing = (async () => {
    for (let count = 0; count < 60; count += 1) await lab.type('v', `rate-kib ${256 + 4 * count}`);
  })();
  const moving = (async () => {
    for (let count = 0; count < 6; count += 1) {
      const ended = lab.cluster.next('migration.ended');
      await lab.beginMigration('v', lab.record('v')!.host === 'h1' ? 'h2' : 'h1');
      await ended;
    }
  })();
  await lab.cluster.run(() => Promise.all([typing, moving]));
  await lab.cluster.runFor(1000 * NS_PER_MS);
  const answers = lab.lines('v').filter((line) => line.startsWith('ok rate-kib'));
  expect(answers).toEqual(Array.from({ length: 60 }, (_, count) => `ok rate-kib ${256 + 4 * count}`));
  expect(lab.switchOvers).toBeGreaterThan(3);
  await lab.settle(['v']);
});

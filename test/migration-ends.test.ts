// A VM that ends while it is being moved: once, wherever it is at that moment, and nothing of it stays on either host.

import { describe, expect, test } from 'vitest';
import { NS_PER_MS, NS_PER_S } from '../shared/runtime/mod.ts';
import { countEvents, labWith } from './host-commands.ts';
import type { MigrationLab } from './migration-lab.ts';

const DIRTY = 'set-kib=256 rate-kib=2048 period-ms=10';

async function expectEnded(lab: MigrationLab, when: string): Promise<void> {
  await lab.cluster.runFor(30 * NS_PER_S);
  const ends = lab.cluster.events.filter((event) => event.kind === 'vm.stopped');
  expect(ends, when).toMatchObject([{ vm: 'v', reason: 'shutdown', code: 0 }]);
  expect(lab.record('v'), when).toMatchObject({ released: true });
  expect(countEvents(lab, 'migration.ended'), when).toBe(1);
  await lab.settle([]);
  await lab.expectEmptyHostsToSleep();
}

describe('a guest that shuts down', () => {
  test('at any moment of its migration ends once, and leaves nothing behind', async () => {
    const outcomes = new Set<string>();
    for (let delayUs = 0; delayUs <= 20_000; delayUs += 700) {
      const lab = await labWith('dirty', DIRTY);
      await lab.cluster.run(() => lab.beginMigration('v', 'h2'));
      await lab.cluster.runFor(delayUs * 1000);
      await lab.cluster.run(() => lab.type('v', 'shutdown'));
      await expectEnded(lab, `${delayUs} µs after the beginning`);
      outcomes.add(
        lab.cluster.events.flatMap((event) => (event.kind === 'migration.ended' ? [event.report.outcome] : [])).join(),
      );
    }
    expect([...outcomes].sort()).toEqual(['completed', 'failed']);
  });

  test('in the last quantum before it would be paused is not resumed elsewhere', async () => {
    // Ends by itself, at a moment that no command decides: the migration begins so long before that.
    const alone = await labWith('batch', 'rounds=1 size-kib=4');
    await alone.cluster.runFor(5 * NS_PER_S);
    const end = alone.cluster.events.find((event) => event.kind === 'vm.stopped')!.timeNs;
    for (let leadUs = 0; leadUs <= 20_000; leadUs += 900) {
      const lab = await labWith('batch', 'rounds=1 size-kib=4');
      const startNs = end - leadUs * 1000;
      if (startNs > lab.nowNs) await lab.cluster.runFor(startNs - lab.nowNs);
      if (lab.record('v')?.released === true) continue;
      const { answer } = await lab.cluster.run(() => lab.beginMigration('v', 'h2'));
      if (answer?.ok !== true) continue;
      await expectEnded(lab, `begun ${leadUs} µs before the end`);
    }
    expect(end).toBeGreaterThan(NS_PER_MS);
  });
});

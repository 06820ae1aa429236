// Migrations of several VMs under random faults, from many more seeds than fit in a minute. `LIGHTSOUT_SEEDS=from-to` chooses others.

import { expect, test } from 'vitest';
import { runChaos } from './migration-chaos.ts';

const [from = 1000, to = 1399] = (process.env['LIGHTSOUT_SEEDS'] ?? '').split('-').filter(Boolean).map(Number);

test(`seeds ${from} to ${to}`, async () => {
  const failed: string[] = [];
  const outcomes = new Map<string, number>();
  let switchOvers = 0;
  for (let seed = from; seed <= to; seed += 1) {
    try {
      const end = await runChaos(seed);
      switchOvers += end.switchOvers;
      for (const outcome of end.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      failed.push((error as Error).message);
    }
  }
  console.info(`${to - from + 1} seeds, ${switchOvers} switch-overs, ${JSON.stringify(Object.fromEntries(outcomes))}`);
  expect(failed).toEqual([]);
});

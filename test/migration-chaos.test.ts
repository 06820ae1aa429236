// Migrations of several VMs under random faults, from fixed seeds; hundreds more in migration-chaos.long.test.ts.

import { expect, test } from 'vitest';
import { runChaos } from './migration-chaos.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

test('whatever goes wrong, no VM is lost, doubled or changed, and no host is left with a remainder', async () => {
  const outcomes = new Map<string, number>();
  let switchOvers = 0;
  for (const seed of SEEDS) {
    const end = await runChaos(seed);
    switchOvers += end.switchOvers;
    for (const outcome of end.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // So that these seeds go on saying something.
  expect(switchOvers).toBeGreaterThan(SEEDS.length);
  expect([...outcomes.keys()].sort()).toEqual(['cancelled', 'completed', 'failed']);
});

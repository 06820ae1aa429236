// Whatever number of threads runs the VMs, a run with migrations and faults is the same, event by event.

import { expect, test } from 'vitest';
import { runChaos } from './migration-chaos.ts';

test.each([3, 8])('seed %i tells the same on this thread and on two, and again', async (seed) => {
  const here = await runChaos(seed);
  const again = await runChaos(seed);
  const there = await runChaos(seed, 3);
  expect(here.events.length).toBeGreaterThan(5000);
  expect(again.events).toBe(here.events);
  expect(there.events).toBe(here.events);
});

// One fault at each step of a live migration, in virtual time: whatever it is, the VM lives on at exactly one living host, its memory is right, and
// nothing is left over on any host.

import { describe, expect, test } from 'vitest';
import { DURATIONS_NS, FAULTS, runNamedCase } from './migration-cases.ts';

/** More than a migration of this guest sends. */
const FRAMES_MAX = 40;
const CANCEL_STEP_NS = 300_000;
const CANCEL_STEPS = 60;

describe.each(FAULTS)('%s', (fault) => {
  test('at any frame of a migration', async () => {
    let struck = 0;
    for (let frame = 0; frame < FRAMES_MAX; frame += 1) {
      const end = await runNamedCase({ fault, at: { frame }, durationNs: DURATIONS_NS[frame % 2]! });
      if (!end.isStruck) break;
      struck += 1;
    }
    expect(struck).toBeGreaterThan(8);
  });
});

test('a cancel at any moment is a cancel, or comes too late; the VM never notices', async () => {
  const outcomes: string[] = [];
  for (let step = 0; step < CANCEL_STEPS; step += 1) {
    const end = await runNamedCase({ fault: 'cancel', at: { afterNs: step * CANCEL_STEP_NS }, durationNs: 0 });
    outcomes.push(end.outcome);
    // Who took the VM over has it, and whoever did not has not.
    expect(end.switchOvers).toBe(end.outcome === 'completed' ? 1 : 0);
  }
  // Before the last frame always, after the switch-over never.
  expect(outcomes.slice(0, 10)).toEqual(new Array(10).fill('cancelled'));
  expect(outcomes.slice(-3)).toEqual(new Array(3).fill('completed'));
  expect(outcomes.join(' ')).toMatch(/^(cancelled )+completed( completed)*$/);
});

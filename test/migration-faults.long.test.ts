// One fault at each frame of a migration as in migration-faults.test.ts, with guests that write more and less, and with lossy control messages.

import { describe, expect, test } from 'vitest';
import { DURATIONS_NS, FAULTS, runNamedCase } from './migration-cases.ts';

const GUESTS = [
  'set-kib=1024 rate-kib=4096 order=random period-ms=10',
  'set-kib=64 rate-kib=0 fill=1',
  'set-kib=256 rate-kib=8192 order=seq period-ms=10',
];
const LOSSY = { loss: 0.05, duplicate: 0.2, reorder: 0.2, delay: 0.2, delayNs: 2_000_000 };
const FRAMES_MAX = 120;

describe.each(FAULTS)('%s', (fault) => {
  test.each(GUESTS)('at any frame: %s', async (guest) => {
    let struck = 0;
    for (let frame = 0; frame < FRAMES_MAX; frame += 1) {
      const { isStruck } = await runNamedCase({ fault, at: { frame }, durationNs: DURATIONS_NS[frame % 2]!, guest });
      if (!isStruck) break;
      struck += 1;
    }
    expect(struck).toBeGreaterThan(8);
  });

  test('at any moment, while control messages get lost', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const at = { afterNs: seed * 700_000 };
      await runNamedCase({ fault, at, durationNs: DURATIONS_NS[seed % 2]!, seed, faults: LOSSY });
    }
  });
});

// Chance for live services: the same generator as in a replay, with a seed from the machine unless one is given. The seed is
// for the log, so that what was drawn can be drawn again.

import { getRandomValues } from 'node:crypto';
import type { Random } from '../ports/random.ts';
import { SeededRandom } from '../seeded-random.ts';

export function openRandom(seed?: number | string): { readonly random: Random; readonly seed: number | string } {
  const chosen = seed ?? getRandomValues(new Uint32Array(1))[0]!;
  return { random: new SeededRandom(chosen), seed: chosen };
}

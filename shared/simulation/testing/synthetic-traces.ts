// A small day of traces that anyone can have: levels that change now and then, noise, and hours of idleness, all from one seed. CloudSim 3.0.3 was
// run on exactly these, so that comparisons with it need no data.

import { SeededRandom } from '../../runtime/mod.ts';
import { SAMPLES_PER_DAY, type TraceSet, traceSetOf } from '../mod.ts';

export function syntheticTraces(count: number, seed: number): TraceSet {
  const random = new SeededRandom(seed);
  const traces = Array.from({ length: count }, (_, vm) => {
    const samples = new Uint8Array(SAMPLES_PER_DAY);
    let level = random.below(50);
    for (let index = 0; index < SAMPLES_PER_DAY; index++) {
      if (random.chance(0.05)) level = random.chance(0.1) ? 0 : random.below(90);
      samples[index] = level === 0 ? 0 : Math.min(100, level + random.below(11));
    }
    return { name: `vm-${String(vm).padStart(4, '0')}`, samples };
  });
  return traceSetOf(traces);
}

// From patterns of VM names in a file to the VMs that exist.

import { matchNames } from './member-names.ts';
import type { Reading } from './reading.ts';
import type { Path } from './yaml-source.ts';

/** The VMs that the patterns choose, in the order of the scenario. Says so when a pattern chooses none. */
export function resolveVms(
  reading: Reading,
  path: Path,
  patterns: string | readonly string[],
  vms: readonly string[],
): readonly string[] {
  const chosen = new Set<string>();
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  list.forEach((pattern, index) => {
    const matching = matchNames(pattern, vms);
    if (matching.length === 0)
      reading.refuseName(typeof patterns === 'string' ? path : [...path, index], 'VM', pattern, vms);
    for (const vm of matching) chosen.add(vm);
  });
  return vms.filter((vm) => chosen.has(vm));
}

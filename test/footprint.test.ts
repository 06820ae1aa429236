import { expect, test } from 'vitest';
import { footprintBytes } from '../shared/cluster/mod.ts';
import { FRAME_BYTES, Vm } from '../shared/vmm/mod.ts';

test('planners count at least what a host commits to a VM, and hardly more', () => {
  for (const memoryMiB of [1, 8, 64, 1024]) {
    for (const diskMiB of [0, 16]) {
      const specification = { memoryBytes: memoryMiB * 2 ** 20, diskBytes: diskMiB * 2 ** 20 };
      const committed = Vm.frameCount(specification) * FRAME_BYTES;
      const planned = footprintBytes(specification);
      expect(planned).toBeGreaterThanOrEqual(committed);
      expect(planned - committed).toBeLessThan(2 ** 18);
    }
  }
});

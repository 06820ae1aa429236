// The promise that the project stands on: a guest that computes for a while, moved from host to host fifty times as it does, ends with the checksum
// that it would have had at home.

import { describe, expect, it } from 'vitest';
import { expectedBatchChecksum } from '../guests/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../shared/runtime/mod.ts';
import { VirtualCluster, vmSpecification } from './virtual-cluster.ts';

describe('a batch guest', () => {
  it('ends with the right checksum after fifty migrations', async () => {
    const cluster = await VirtualCluster.start({ hosts: ['h1', 'h2'] });
    const rounds = 20;
    const sizeKib = 512;
    const specification = vmSpecification('job', 'batch', { bootArguments: `rounds=${rounds} size-kib=${sizeKib}` });
    const stopped = cluster.next('vm.stopped');
    await cluster.run(() => cluster.startVm(specification, 'h1'));
    for (let count = 0; count < 50; count += 1) {
      const to = count % 2 === 0 ? 'h2' : 'h1';
      const report = await cluster.run(() => cluster.migrate('job', to));
      expect(report).toMatchObject({ outcome: 'completed', reason: 'downtime-limit', to });
      expect(report.downtimeNs).toBeGreaterThan(0);
      await cluster.runFor(200 * NS_PER_MS);
    }
    const end = await cluster.run(() => stopped);
    expect(end).toMatchObject({ reason: 'shutdown', code: 0, epoch: 51 });
    expect(cluster.lines('job').at(-1)).toBe(`checksum=${expectedBatchChecksum(rounds, sizeKib)} rounds=${rounds}`);
    expect(cluster.world.clock.now()).toBeGreaterThan(10 * NS_PER_S);
  });
});

// Migrations in virtual time: two real host nodes in this process, joined by links of a given bandwidth. The figures are exact: the same
// on every machine and in every run.

import { readFile } from 'node:fs/promises';
import { guestImageUrl } from '../guests/mod.ts';
import { HostNode } from '../services/host-node/mod.ts';
import { ThreadExecutor } from '../shared/runtime/live/mod.ts';
import { MemoryDisk, VirtualExecutor, VirtualWorld } from '../shared/runtime/memory/mod.ts';
import { silentLogger } from '../shared/runtime/mod.ts';
import { HOST_WORKER_URL } from '../shared/vmm/mod.ts';
import { hostSpecification, type MigrationFigures } from './migration-case.ts';
import { MigrationOperator } from './migration-operator.ts';

const [FROM, TO] = ['host-1', 'host-2'];

/** `latencyNs` is one way from host to host. */
export async function measureVirtual(
  bitsPerSecond: number,
  latencyNs: number,
  rateMib: number,
): Promise<MigrationFigures> {
  const images = new MemoryDisk();
  await images.writeAtomically('dirty.elf', await readFile(guestImageUrl('dirty')));
  const world = new VirtualWorld({
    seed: 1,
    link: { bitsPerSecond, latencyNs: latencyNs / 2 },
    executor: (clock) =>
      new VirtualExecutor(clock, new ThreadExecutor({ threads: 0, workerUrl: HOST_WORKER_URL, callerHelps: true })),
  });
  const failure = Promise.withResolvers<never>();
  try {
    return await world.clock.runUntilSettled(
      Promise.race([
        failure.promise,
        (async () => {
          const operator = await MigrationOperator.open(world.boot('operator'));
          for (const host of [FROM, TO]) {
            const node = new HostNode(world.boot(host), {
              specification: hostSpecification(host),
              images,
              log: silentLogger(),
              onFailure: failure.reject,
            });
            await node.start();
          }
          return operator.measure(FROM, TO, rateMib);
        })(),
      ]),
    );
  } finally {
    await world.executor.close();
  }
}

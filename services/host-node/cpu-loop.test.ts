import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../shared/runtime/memory/mod.ts';
import type { ExecutorHost } from '../../shared/runtime/mod.ts';
import { HEADER, HostMemory } from '../../shared/vmm/mod.ts';
import { CpuLoop, QUANTUM_NS } from './cpu-loop.ts';

/** A loop whose CPUs always have something to do and take no time for it, as on a fast machine. */
function busyLoop() {
  const clock = new VirtualClock();
  const host = HostMemory.create({ memoryBytes: 1024 * 1024, cpus: 1, instructionsPerSecond: 1e6 });
  const begun: { atNs: number; fromNs: number; toNs: number }[] = [];
  const executor: ExecutorHost = {
    async run(fromNs, toNs) {
      begun.push({ atNs: clock.now(), fromNs, toNs });
      host.view.setFloat64(HEADER.nextRunNs, toNs, true);
    },
    detach: async () => undefined,
  };
  const fail = (error: unknown): never => {
    throw error;
  };
  const loop = new CpuLoop(clock, host, executor, () => undefined, fail);
  return { clock, host, loop, begun };
}

describe('the loop of a host whose CPUs are faster than they have to be', () => {
  it('lets the memory be touched as soon as a quantum is done, whatever the clock says', async () => {
    const { clock, loop, begun } = busyLoop();
    await clock.runUntilSettled(loop.atBoundary(() => loop.wake()));
    await clock.runUntil(QUANTUM_NS / 2);
    expect(begun).toHaveLength(1);
    expect(await clock.runUntilSettled(loop.atBoundary(() => clock.now()))).toBe(QUANTUM_NS / 2);
  });

  it('still begins each quantum when its time has come, and none twice', async () => {
    const { clock, loop, begun } = busyLoop();
    await clock.runUntilSettled(loop.atBoundary(() => loop.wake()));
    await clock.runUntil(QUANTUM_NS / 2);
    await clock.runUntilSettled(loop.atBoundary(() => loop.wake()));
    await clock.runUntil(3 * QUANTUM_NS + 1);
    expect(begun).toEqual(
      [0, 1, 2, 3].map((n) => ({ atNs: n * QUANTUM_NS, fromNs: n * QUANTUM_NS, toNs: (n + 1) * QUANTUM_NS })),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { VirtualWorld } from '../memory/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../ports/clock.ts';
import type { PageStream } from '../ports/page-network.ts';
import { type HostLink, LinkedPageNetwork } from './linked-page-network.ts';

const MIB = 2 ** 20;

interface Ends {
  readonly world: VirtualWorld;
  readonly near: PageStream;
  readonly far: PageStream;
}

async function connected(nearLink: HostLink | undefined, farLink: HostLink | undefined): Promise<Ends> {
  const world = new VirtualWorld({ seed: 1, link: { latencyNs: 1000, bitsPerSecond: 1e12 } });
  const linked = (node: string, link: HostLink | undefined) => {
    const { pages, clock } = world.boot(node);
    return link === undefined ? pages : new LinkedPageNetwork(pages, clock, link);
  };
  const accepted = Promise.withResolvers<PageStream>();
  const work = async () => {
    const listener = await linked('far', farLink).listen(accepted.resolve);
    const near = await linked('near', nearLink).connect(listener.address, NS_PER_S);
    return { world, near, far: await accepted.promise };
  };
  return world.clock.runUntilSettled(work());
}

/** When each of so many frames arrived, in whole milliseconds after the first was sent. */
async function arrivals({ world, near, far }: Ends, frameBytes: number, count: number): Promise<readonly string[]> {
  const startNs = world.clock.now();
  const seen: string[] = [];
  far.onFrame((frame) => seen.push(`${frame[0]} at ${Math.floor((world.clock.now() - startNs) / NS_PER_MS)}`));
  const frames = Array.from({ length: count }, (_, index) => new Uint8Array(frameBytes).fill(index));
  await world.clock.runUntilSettled(Promise.all(frames.map((frame) => near.send(frame))));
  await world.clock.runUntilTrue(() => seen.length === count);
  return seen;
}

describe('a page network with a link', () => {
  // 1 MiB at 83,886,080 bit/s takes 100 ms.
  const link: HostLink = { latencyNs: 5 * NS_PER_MS, bitsPerSecond: 80 * MIB };

  test.each([
    ['the sender', link, undefined],
    ['the receiver', undefined, link],
  ])('lets frames follow each other at the bandwidth of %s', async (_, nearLink, farLink) => {
    expect(await arrivals(await connected(nearLink, farLink), MIB, 3)).toEqual(['0 at 105', '1 at 205', '2 at 305']);
  });

  test('leaves the other direction alone', async () => {
    const { world, near, far } = await connected(link, undefined);
    void near.send(new Uint8Array(MIB));
    const startNs = world.clock.now();
    let heardNs = 0;
    near.onFrame(() => {
      heardNs = world.clock.now() - startNs;
    });
    await world.clock.runUntilSettled(far.send(new Uint8Array(16)));
    await world.clock.runUntilTrue(() => heardNs > 0);
    expect(heardNs).toBeLessThan(6 * NS_PER_MS);
  });

  test('what was sent arrives before the stream closes', async () => {
    const ends = await connected(link, undefined);
    const { world, near, far } = ends;
    const seen: number[] = [];
    far.onFrame((frame) => seen.push(frame.byteLength));
    void near.send(new Uint8Array(MIB));
    near.close();
    await world.clock.runUntilSettled(far.closed);
    expect(seen).toEqual([MIB]);
  });

  test('sending on a broken stream is refused', async () => {
    const { world, near } = await connected(link, undefined);
    world.crash('far');
    await world.clock.runUntilSettled(near.closed);
    await expect(world.clock.runUntilSettled(near.send(new Uint8Array(16)))).rejects.toMatchObject({
      code: 'RUNTIME_CLOSED',
    });
  });
});

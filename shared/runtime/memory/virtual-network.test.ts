import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, codeOf, Inbox, text } from '../contract/world.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US, type PageStream } from '../mod.ts';
import { type CrashKind, type NetworkFaults, VirtualWorld, type VirtualWorldOptions } from './mod.ts';

const LATENCY_NS = 100 * NS_PER_US;

function newWorld(options: Partial<VirtualWorldOptions> = {}): VirtualWorld {
  const link = { latencyNs: LATENCY_NS, bitsPerSecond: 1e9 };
  return new VirtualWorld({ seed: 1, link, links: { nats: { latencyNs: 0 } }, ...options });
}

/** Some traffic of every kind between four nodes under faults, told as one text. */
async function trafficOf(seed: number, faults: Partial<NetworkFaults>): Promise<readonly string[]> {
  const world = newWorld({ seed, faults });
  const trace: string[] = [];
  const tell = (what: string): void => {
    trace.push(`${world.clock.now()} ${what}`);
  };
  const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name, ...world.boot(name) }));
  for (const { name, transport, clock, store, random } of nodes) {
    transport.subscribe('news.*', ({ subject, payload }) => tell(`${name} heard ${subject} ${text(payload)}`));
    transport.subscribe(`ask.${name}`, ({ respond }) => respond!(bytes(name)));
    const live = async (): Promise<void> => {
      const bucket = await store.bucket('shared').catch(() => undefined);
      await bucket?.watch((change) => tell(`${name} saw ${JSON.stringify(change.kind)}`)).catch(() => undefined);
      for (let round = 0; round < 10; round++) {
        await clock.sleep(random.below(3 * NS_PER_MS));
        transport.publish(`news.${name}`, bytes(String(round)));
        const asked = nodes[random.below(4)]!.name;
        const answer = await transport
          .request(`ask.${asked}`, bytes(''), 20 * NS_PER_MS)
          .then(text, (error) => error.code);
        tell(`${name} asked ${asked}: ${answer}`);
        const revision = await bucket?.put('k', bytes(name)).catch((error) => error.code);
        tell(`${name} wrote ${revision}`);
      }
    };
    void live();
  }
  await world.clock.runUntil(60 * NS_PER_S);
  return trace;
}

const EVERYTHING: Partial<NetworkFaults> = {
  loss: 0.05,
  duplicate: 0.05,
  reorder: 0.05,
  delay: 0.2,
  delayNs: 5 * NS_PER_MS,
  storeLoss: 0.03,
};

describe('virtual network', () => {
  it('repeats itself from the same seed and faults, and differs with another', async () => {
    const first = await trafficOf(1, EVERYTHING);
    expect(first.length).toBeGreaterThan(100);
    expect(await trafficOf(1, EVERYTHING)).toEqual(first);
    expect(await trafficOf(2, EVERYTHING)).not.toEqual(first);
  });

  it('delivers every message within latency and delay, in order, when nothing is lost', async () => {
    const cases = fc.record({ seed: fc.integer(), delay: fc.double({ min: 0, max: 1, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 }),
        async (options, gapsUs) => {
          const delayNs = 2 * NS_PER_MS;
          const world = newWorld({ seed: options.seed, faults: { delay: options.delay, delayNs } });
          const [a, b] = [world.boot('a'), world.boot('b')];
          const arrivals: [number, number][] = [];
          b.transport.subscribe('s', ({ payload }) => arrivals.push([Number(text(payload)), world.clock.now()]));
          await world.clock.runUntil(NS_PER_S);
          const sent: number[] = [];
          let timeNs = NS_PER_S;
          gapsUs.forEach((gapUs, index) => {
            timeNs += gapUs * NS_PER_US;
            sent.push(timeNs);
            world.clock.at(timeNs, () => a.transport.publish('s', bytes(String(index))));
          });
          await world.clock.runUntilIdle();
          expect(arrivals.map(([index]) => index)).toEqual(sent.map((_, index) => index));
          for (const [index, arrivedNs] of arrivals) {
            expect(arrivedNs - sent[index]!).toBeGreaterThanOrEqual(2 * LATENCY_NS);
            expect(arrivedNs - sent[index]!).toBeLessThanOrEqual(2 * LATENCY_NS + 2 * delayNs);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('loses, duplicates and reorders as often as it is told', async () => {
    const world = newWorld();
    const [a, b] = [world.boot('a'), world.boot('b')];
    const got: number[] = [];
    b.transport.subscribe('s', ({ payload }) => got.push(Number(text(payload))));
    const send = async (faults: Partial<NetworkFaults>): Promise<readonly number[]> => {
      await world.clock.runUntilIdle();
      world.network.setFaults({ loss: 0, duplicate: 0, reorder: 0, ...faults });
      got.length = 0;
      for (let index = 0; index < 2000; index++) {
        const number = index;
        world.clock.at(world.clock.now() + index * 20 * NS_PER_US, () =>
          a.transport.publish('s', bytes(String(number))),
        );
      }
      await world.clock.runUntilIdle();
      return [...got];
    };
    expect(await send({})).toHaveLength(2000);
    // Two hops of 10 % each: 81 % come through; five standard deviations are 88.
    expect(Math.abs((await send({ loss: 0.1 })).length - 1620)).toBeLessThan(88);
    expect(Math.abs((await send({ duplicate: 0.1 })).length - 2420)).toBeLessThan(150);
    const reordered = await send({ reorder: 0.1 });
    expect(reordered).toHaveLength(2000);
    expect(reordered).not.toEqual([...reordered].sort((x, y) => x - y));
  });

  it('parts and heals by the clock; who cannot reach the broker hears and says nothing', async () => {
    const world = newWorld();
    const [a, b] = [world.boot('a'), world.boot('b')];
    const heard: string[] = [];
    b.transport.subscribe('s', ({ payload }) => heard.push(text(payload)));
    world.network.partitionFor([['a']], 10 * NS_PER_MS, 20 * NS_PER_MS);
    for (const timeMs of [5, 15, 25]) {
      world.clock.at(timeMs * NS_PER_MS, () => a.transport.publish('s', bytes(`at ${timeMs}`)));
    }
    world.clock.at(15 * NS_PER_MS, async () => {
      const bucket = await codeOf(a.store.bucket('x'));
      heard.push(`store: ${bucket}`);
    });
    await world.clock.runUntilIdle();
    expect(heard).toEqual(['at 5', 'at 25', 'store: RUNTIME_TIMEOUT']);
  });

  it('brings a watcher up to date after a partition', async () => {
    const world = newWorld();
    const [a, b] = [world.boot('a'), world.boot('b')];
    const inbox = new Inbox<string>();
    await world.clock.runUntilSettled(
      (async () => {
        const bucket = await a.store.bucket('x');
        await (await b.store.bucket('x')).watch((change) => {
          inbox.take(
            change.kind === 'put' ? `${change.entry.key}=${text(change.entry.value)}` : `${change.key} deleted`,
          );
        });
        await bucket.put('k', bytes('1'));
        await inbox.reaches(1);
        const partition = world.network.partition([['b']]);
        for (const value of ['2', '3', '4']) await bucket.put('k', bytes(value));
        await bucket.put('l', bytes('1'));
        await bucket.delete('l');
        expect(inbox.items).toHaveLength(1);
        partition.heal();
        expect(await inbox.reaches(3)).toEqual(['k=1', 'k=4', 'l deleted']);
      })(),
    );
  });
});

describe('crash of a virtual node', () => {
  it('ends its timers, subscriptions and waits; the next life finds disk and store', async () => {
    const world = newWorld();
    const trace: string[] = [];
    const service = async (life: number): Promise<void> => {
      const { clock, transport, store, disk } = world.boot('a');
      transport.subscribe('s', () => trace.push(`life ${life} heard`));
      const bucket = await store.bucket('x');
      trace.push(
        `life ${life} found ${await disk.read('f').then((f) => f && text(f))}, ${(await bucket.get('k'))?.revision}`,
      );
      await disk.writeAtomically('f', bytes(`life ${life}`));
      await bucket.put('k', bytes('x'));
      clock.at(NS_PER_S, () => trace.push(`life ${life} timer`));
      await clock.sleep(NS_PER_S);
      trace.push(`life ${life} slept`);
    };
    void service(1);
    await world.clock.runUntil(NS_PER_S / 2);
    world.crash('a');
    void service(2);
    await world.clock.runUntil(NS_PER_S / 2 + NS_PER_MS);
    world.boot('b').transport.publish('s', bytes(''));
    await world.clock.runUntilIdle();
    expect(trace).toEqual([
      'life 1 found undefined, undefined',
      'life 2 found life 1, 1',
      'life 2 heard',
      'life 2 timer',
      'life 2 slept',
    ]);
  });

  it.each<[CrashKind, RegExp, number]>([
    ['process', /reset/, 2 * LATENCY_NS],
    ['power', /no sign of life/, 10 * NS_PER_S],
  ])('breaks its streams (%s)', async (kind, reason, afterNs) => {
    const world = newWorld();
    const [a, b] = [world.boot('a'), world.boot('b')];
    const accepted = new Inbox<PageStream>();
    await world.clock.runUntilSettled(
      (async () => {
        const { address } = await b.pages.listen(accepted.take);
        const near = await a.pages.connect(address, NS_PER_S);
        const crashedNs = world.clock.now();
        world.crash('b', kind);
        expect(await near.closed).toMatch(reason);
        expect(world.clock.now() - crashedNs).toBeGreaterThanOrEqual(afterNs);
        // The reset itself takes its time on the wire.
        expect(world.clock.now() - crashedNs).toBeLessThan(afterNs + NS_PER_US);
        expect(await codeOf(near.send(bytes('x')))).toBe('RUNTIME_CLOSED');
        expect(await codeOf(a.pages.connect(address, NS_PER_S))).toBe('RUNTIME_TIMEOUT');
        world.boot('b');
        expect(await codeOf(a.pages.connect(address, NS_PER_S))).toBe('RUNTIME_UNREACHABLE');
      })(),
    );
  });
});

describe('virtual page network', () => {
  /** Streams from each sender to one receiver; resolves to when the last frame came in. */
  async function transferNs(
    world: VirtualWorld,
    senders: readonly string[],
    frames: number,
    sizeBytes: number,
  ): Promise<number> {
    const receiver = world.boot('receiver');
    const inbox = new Inbox<Uint8Array>();
    const { address } = await receiver.pages.listen((stream) => stream.onFrame(inbox.take));
    const streams = await Promise.all(senders.map((name) => world.boot(name).pages.connect(address, NS_PER_S)));
    const begin = world.clock.now();
    for (const stream of streams) {
      const send = async (): Promise<void> => {
        for (let index = 0; index < frames; index++) await stream.send(new Uint8Array(sizeBytes));
      };
      void send();
    }
    await inbox.reaches(frames * senders.length);
    return world.clock.now() - begin;
  }

  const MEBIBYTE = 1024 * 1024;

  it('gives one stream the bandwidth of the slower link', async () => {
    for (const [sender, receiver] of [
      [1e9, 1e9],
      [1e9, 4e9],
      [4e9, 1e9],
    ] as const) {
      const world = newWorld({ links: { a: { bitsPerSecond: sender }, receiver: { bitsPerSecond: receiver } } });
      const tookNs = await world.clock.runUntilSettled(transferNs(world, ['a'], 100, MEBIBYTE));
      // 100 MiB at 1 Gbit/s are 839 ms.
      expect(tookNs / NS_PER_MS).toBeGreaterThan(838);
      expect(tookNs / NS_PER_MS).toBeLessThan(845);
    }
  });

  it('shares the receiver between senders', async () => {
    const world = newWorld();
    const tookNs = await world.clock.runUntilSettled(transferNs(world, ['a', 'b', 'c', 'd'], 25, MEBIBYTE));
    expect(tookNs / NS_PER_MS).toBeGreaterThan(838);
    expect(tookNs / NS_PER_MS).toBeLessThan(850);
  });

  it('stalls in a short partition and loses nothing, breaks in a long one at both ends', async () => {
    const world = newWorld();
    const [a, b] = [world.boot('a'), world.boot('b')];
    const accepted = new Inbox<PageStream>();
    await world.clock.runUntilSettled(
      (async () => {
        const { address } = await b.pages.listen(accepted.take);
        const near = await a.pages.connect(address, NS_PER_S);
        const [far] = await accepted.reaches(1);
        const inbox = new Inbox<string>();
        far!.onFrame((frame) => inbox.take(text(frame)));
        const short = world.network.partition([['a']]);
        for (const frame of ['1', '2', '3']) await near.send(bytes(frame));
        await world.clock.sleep(5 * NS_PER_S);
        expect(inbox.items).toEqual([]);
        short.heal();
        expect(await inbox.reaches(3)).toEqual(['1', '2', '3']);
        world.network.partition([['b']]);
        expect(await Promise.all([near.closed, far!.closed])).toEqual([
          expect.stringMatching(/no sign of life/),
          expect.stringMatching(/no sign of life/),
        ]);
      })(),
    );
  });

  it('breaks streams as often as it is told', async () => {
    const world = newWorld({ faults: { streamBreak: 0.1 } });
    const [a, b] = [world.boot('a'), world.boot('b')];
    let broken = 0;
    const body = async (): Promise<void> => {
      const { address } = await b.pages.listen(() => undefined);
      for (let index = 0; index < 500; index++) {
        const near = await a.pages.connect(address, NS_PER_S);
        const code = await near.send(bytes('x')).catch((error) => error.code);
        if (code === undefined) near.close();
        else {
          expect([code, await near.closed]).toEqual(['RUNTIME_CLOSED', 'broken by a fault']);
          broken++;
        }
      }
    };
    await world.clock.runUntilSettled(body());
    // Five standard deviations: sqrt(500 * 0.1 * 0.9) = 6.7.
    expect(Math.abs(broken - 50)).toBeLessThan(34);
  });
});

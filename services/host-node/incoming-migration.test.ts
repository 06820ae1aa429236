// What a host makes of a stream on which somebody offers it a VM. Nothing that comes in is believed; a bug of our own is not blamed on the source.

import { describe, expect, test } from 'vitest';
import { Ownership } from '../../shared/cluster/mod.ts';
import { decodeTargetFrame, encodeHello, encodeRound, type Hello, WIRE_VERSION } from '../../shared/migration/mod.ts';
import { BUCKET_OWNERS } from '../../shared/protocol/mod.ts';
import { VirtualWorld } from '../../shared/runtime/memory/mod.ts';
import { NS_PER_S, type PageStream, silentLogger } from '../../shared/runtime/mod.ts';
import { vmSpecification } from '../../test/virtual-cluster.ts';
import { hostErrors } from './errors.ts';
import { type IncomingSurroundings, receiveMigration } from './incoming-migration.ts';

const HELLO: Hello = {
  ...{ version: WIRE_VERSION, migration: 'm', from: 'h1', to: 'h2', owner: { vm: 'v', host: 'h1', epoch: 1 } },
  specification: vmSpecification('v', 'burn'),
};

/** Sends one frame to a host whose parts are as given, and answers what came back, or how the host failed. */
async function offer(frame: Uint8Array, parts: Partial<IncomingSurroundings> = {}) {
  const world = new VirtualWorld({ seed: 1 });
  const { clock, store } = world.boot('h2');
  const ownership = new Ownership(await world.clock.runUntilSettled(store.bucket(BUCKET_OWNERS)));
  await world.clock.runUntilSettled(ownership.claim('v', 'h1'));
  const answers: Uint8Array[] = [];
  const stream: PageStream = {
    peer: 'h1:1',
    closed: new Promise(() => undefined),
    send: async (bytes) => void answers.push(bytes),
    onFrame: (handler) => queueMicrotask(() => handler(frame)),
    close: () => undefined,
  };
  const around: IncomingSurroundings = {
    ...{ hostName: 'h2', clock, ownership, log: silentLogger() },
    poweredHost: () => {
      throw hostErrors.create('HOST_NOT_ON', { host: 'h2', power: 'standby' });
    },
    arrived: () => undefined,
    ...parts,
  };
  const served = receiveMigration(around, stream).then(
    () => 'served',
    (error: Error) => `failed: ${error.message}`,
  );
  const end = await world.clock.runUntilSettled(served);
  return { end, answers: answers.map((bytes) => decodeTargetFrame(bytes)), nowNs: world.clock.now() };
}

describe('an offer', () => {
  test('to a host in standby is refused with the reason', async () => {
    const { end, answers } = await offer(encodeHello(HELLO));
    expect(end).toBe('served');
    expect(answers).toMatchObject([{ kind: 'refuse', code: 'HOST_NOT_ON' }]);
  });

  test.each([
    ['another host', { ...HELLO, to: 'h3' }, 'HOST_NOT_OWNER'],
    ['another epoch', { ...HELLO, owner: { ...HELLO.owner, epoch: 2 } }, 'HOST_NOT_OWNER'],
    ['another source', { ...HELLO, from: 'h9' }, 'HOST_NOT_OWNER'],
    ['another VM', { ...HELLO, specification: vmSpecification('w', 'burn') }, 'HOST_MIGRATION_BROKEN'],
  ])('that speaks of %s than the record is refused', async (_, hello, code) => {
    expect((await offer(encodeHello(hello))).answers).toMatchObject([{ kind: 'refuse', code }]);
  });

  test.each([
    ['garbage', Uint8Array.of(99, 1, 2, 3)],
    ['a round', encodeRound(1)],
    ['nothing', new Uint8Array(0)],
  ])('that begins with %s ends the stream without an answer', async (_, frame) => {
    expect(await offer(frame)).toMatchObject({ end: 'served', answers: [] });
  });

  test('that meets a bug of the host fails the host, and is not logged away', async () => {
    const poweredHost = (): never => {
      throw new TypeError('undefined is not a host');
    };
    expect(await offer(encodeHello(HELLO), { poweredHost })).toMatchObject({
      end: 'failed: undefined is not a host',
      answers: [],
    });
  });

  test('of which nothing is heard is given up after ten seconds', async () => {
    const world = new VirtualWorld({ seed: 1 });
    const { clock, store } = world.boot('h2');
    const ownership = new Ownership(await world.clock.runUntilSettled(store.bucket(BUCKET_OWNERS)));
    let isClosed = false;
    const stream: PageStream = {
      ...{ peer: 'h1:1', closed: new Promise(() => undefined), send: async () => undefined, onFrame: () => undefined },
      close: () => {
        isClosed = true;
      },
    };
    const poweredHost = (): never => {
      throw new Error('nobody asks');
    };
    const around = { hostName: 'h2', clock, ownership, log: silentLogger(), poweredHost, arrived: () => undefined };
    const beganNs = world.clock.now();
    await world.clock.runUntilSettled(receiveMigration(around, stream));
    expect(isClosed).toBe(true);
    expect(world.clock.now() - beganNs).toBe(10 * NS_PER_S);
  });
});

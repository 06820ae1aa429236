import { describe, expect, it } from 'vitest';
import { natsBinary, temporaryNats } from '../../contract/nats-for-tests.ts';
import { bytes, codeOf, Inbox, text } from '../../contract/world.ts';
import { NS_PER_MS, NS_PER_S } from '../../mod.ts';
import { NatsClient, type NatsServer, NatsStore, NatsTransport, startNatsServer, WallClock } from '../mod.ts';

interface Connection {
  readonly client: NatsClient;
  readonly transport: NatsTransport;
  readonly store: NatsStore;
}

/** The disconnect itself may only be noticed after the server has ended. */
function reconnected(client: NatsClient): Promise<void> {
  return new Promise((resolve) => {
    client.onStatus((status) => {
      if (status === 'reconnected') resolve();
    });
  });
}

describe.skipIf(natsBinary === undefined)('loss of the NATS server', () => {
  /** Runs the body with two connections and a way to end the server and start it again at the same address. */
  async function withRestarts(
    body: (
      a: Connection,
      b: Connection,
      server: { down(): Promise<void>; up(lost?: boolean): Promise<void> },
    ) => Promise<void>,
  ): Promise<void> {
    const nats = await temporaryNats();
    const clock = new WallClock();
    let server: NatsServer = nats.server;
    const connect = async (name: string): Promise<Connection> => {
      const client = await NatsClient.connect({ servers: nats.server.url, name });
      return {
        client,
        transport: new NatsTransport(client, clock),
        store: new NatsStore(client, { timeoutMs: 1_000 }),
      };
    };
    const [a, b] = [await connect('a'), await connect('b')];
    try {
      await body(a, b, {
        down: () => server.stop(),
        up: async (lost = false) => {
          const back = [a, b].map(({ client }) => reconnected(client));
          const storeDir = `${nats.folder}/${lost ? 'empty' : 'nats'}`;
          server = await startNatsServer({ storeDir, binary: natsBinary!, port: nats.server.port });
          await Promise.all(back);
        },
      });
    } finally {
      await Promise.all([a.client.close(), b.client.close()]);
      await server.stop();
      await nats.stop();
    }
  }

  it('times out what is asked while it is gone, and works again afterwards without help', () =>
    withRestarts(async (a, b, server) => {
      b.transport.subscribe('ask', ({ respond }) => respond!(bytes('answer')));
      await b.transport.flush();
      const bucket = await a.store.bucket('kept');
      const revision = await bucket.create('k', bytes('before'));
      await server.down();
      expect(await codeOf(a.transport.request('ask', bytes(''), 50 * NS_PER_MS))).toBe('RUNTIME_TIMEOUT');
      expect(await codeOf(bucket.get('k'))).toBe('RUNTIME_TIMEOUT');
      await server.up();
      // The server knows the subscription again once b has spoken to it.
      await b.transport.flush();
      expect(text(await a.transport.request('ask', bytes(''), 5 * NS_PER_S))).toBe('answer');
      expect(await bucket.update('k', bytes('after'), revision)).toBeGreaterThan(revision);
    }));

  it('does not stop a watch, which learns what it has missed', () =>
    withRestarts(async (a, b, server) => {
      const inbox = new Inbox<string>();
      const bucket = await a.store.bucket('watched');
      await (await b.store.bucket('watched')).watch((change) => {
        inbox.take(change.kind === 'put' ? text(change.entry.value) : 'deleted');
      });
      await bucket.put('k', bytes('one'));
      await inbox.reaches(1);
      await server.down();
      await server.up();
      await bucket.put('k', bytes('two'));
      expect(await inbox.reaches(2)).toEqual(['one', 'two']);
    }));

  it('is an empty store when the server has lost its disk, and a watch tells what comes then', () =>
    withRestarts(async (a, b, server) => {
      const inbox = new Inbox<string>();
      const bucket = await a.store.bucket('lost');
      await (await b.store.bucket('lost')).watch((change) => {
        inbox.take(change.kind === 'put' ? text(change.entry.value) : 'deleted');
      });
      for (const value of ['one', 'two', 'three']) await bucket.put('k', bytes(value));
      await inbox.reaches(1);
      await server.down();
      await server.up(true);
      const again = await a.store.bucket('lost');
      expect(await again.entries()).toEqual([]);
      await again.put('k', bytes('new'));
      while (inbox.items.at(-1) !== 'new') await inbox.reaches(inbox.items.length + 1);
    }));

  it('does not keep a closing service', () =>
    withRestarts(async (a, _b, server) => {
      await server.down();
      const waiting = codeOf(a.transport.request('ask', bytes(''), 60 * NS_PER_S));
      await a.client.close();
      expect(await waiting).toBe('RUNTIME_CLOSED');
    }));
});

describe('connecting to NATS', () => {
  it('says where it tried when nobody is there', async () => {
    const connecting = NatsClient.connect({ servers: 'nats://127.0.0.1:1', name: 'a', connectDeadlineMs: 100 });
    await expect(connecting).rejects.toMatchObject({ code: 'RUNTIME_UNREACHABLE', exitCode: 3 });
    await expect(connecting).rejects.toThrow(/127\.0\.0\.1:1 .*check that it runs/);
  });
});

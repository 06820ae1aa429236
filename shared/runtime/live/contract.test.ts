import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { clockContract } from '../contract/clock.contract.ts';
import { localDiskContract } from '../contract/local-disk.contract.ts';
import { natsBinary, type TemporaryNats, temporaryNats } from '../contract/nats-for-tests.ts';
import { pageNetworkContract } from '../contract/page-network.contract.ts';
import { randomContract } from '../contract/random.contract.ts';
import { storeContract } from '../contract/store.contract.ts';
import { transportContract } from '../contract/transport.contract.ts';
import type { OpenContractWorld } from '../contract/world.ts';
import { type LivePorts, openLivePorts, openRandom } from './mod.ts';

describe.skipIf(natsBinary === undefined)('with a NATS server', () => {
  let nats: TemporaryNats;
  beforeAll(async () => {
    nats = await temporaryNats();
  });
  afterAll(() => nats.stop());

  const open: OpenContractWorld = async () => {
    const diskRoot = `${nats.folder}/${randomUUID()}`;
    const opened: LivePorts[] = [];
    return {
      boot: async (node) => {
        const ports = await openLivePorts({ service: node, natsServers: nats.server.url, diskRoot });
        opened.push(ports);
        return ports;
      },
      run: (body) => body(),
      close: async () => {
        await Promise.all(opened.map((ports) => ports.close()));
      },
    };
  };

  describe('live clock', () => clockContract(open));
  describe('live transport', () => transportContract(open));
  describe('live store', () => storeContract(open));
  describe('live page network', () => pageNetworkContract(open));
  describe('live local disk', () => localDiskContract(open));
});

describe('live random', () => randomContract((seed) => openRandom(seed).random));

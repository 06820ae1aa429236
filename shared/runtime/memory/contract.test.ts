import { describe } from 'vitest';
import { clockContract } from '../contract/clock.contract.ts';
import { localDiskContract } from '../contract/local-disk.contract.ts';
import { pageNetworkContract } from '../contract/page-network.contract.ts';
import { randomContract } from '../contract/random.contract.ts';
import { storeContract } from '../contract/store.contract.ts';
import { transportContract } from '../contract/transport.contract.ts';
import type { OpenContractWorld } from '../contract/world.ts';
import { SeededRandom } from '../mod.ts';
import { VirtualWorld } from './mod.ts';

const open: OpenContractWorld = async () => {
  const world = new VirtualWorld({ seed: 1 });
  return {
    boot: async (node) => world.boot(node),
    run: (body) => world.clock.runUntilSettled(body(), 'the test'),
    close: async () => undefined,
  };
};

describe('in-memory clock', () => clockContract(open));
describe('in-memory transport', () => transportContract(open));
describe('in-memory store', () => storeContract(open));
describe('in-memory page network', () => pageNetworkContract(open));
describe('in-memory local disk', () => localDiskContract(open));
describe('seeded random', () => randomContract((seed) => new SeededRandom(seed)));

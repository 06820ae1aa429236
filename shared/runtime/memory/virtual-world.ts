// Everything a replay runs in, made from one seed: clock, network, store, disks. `boot` gives a service all its ports for one life
// of its node; `crash` ends that life, and the next `boot` begins another that finds the store and the disk as they were.

import type { Executor } from '../ports/executor.ts';
import type { Random } from '../ports/random.ts';
import type { ServicePorts } from '../ports/service-ports.ts';
import { SeededRandom } from '../seeded-random.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryPageNetworks } from './memory-page-network.ts';
import { MemoryStoreServer } from './memory-store.ts';
import { MemoryBroker } from './memory-transport.ts';
import { mortalExecutor } from './mortal-executor.ts';
import { VirtualClock } from './virtual-clock.ts';
import { VirtualNetwork, type VirtualNetworkOptions } from './virtual-network.ts';
import type { CrashKind } from './virtual-process.ts';

export interface VirtualWorldOptions extends Omit<VirtualNetworkOptions, 'clock' | 'random'> {
  readonly seed: number | string;
  /** How the world's VMs run; a world without VMs needs none. */
  readonly executor?: (clock: VirtualClock) => Executor;
}

export class VirtualWorld {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly network: VirtualNetwork;
  readonly executor: Executor;
  readonly #broker: MemoryBroker;
  readonly #store: MemoryStoreServer;
  readonly #pages: MemoryPageNetworks;
  readonly #disks = new Map<string, MemoryDisk>();

  constructor(options: VirtualWorldOptions) {
    const { seed, executor, ...network } = options;
    this.random = new SeededRandom(seed);
    this.network = new VirtualNetwork({ ...network, clock: this.clock, random: this.random });
    this.executor = executor?.(this.clock) ?? noExecutor();
    this.#broker = new MemoryBroker(this.network);
    this.#store = new MemoryStoreServer(this.network);
    this.#pages = new MemoryPageNetworks(this.network);
  }

  /** The ports of one service, for the present life of its node. */
  boot(node: string): ServicePorts {
    const process = this.network.process(node);
    return {
      clock: process.clock,
      random: this.random.fork(`${node}/${process.life}`),
      transport: this.#broker.transport(node),
      store: this.#store.client(node),
      pages: this.#pages.pages(node),
      disk: this.disk(node),
      executor: mortalExecutor(this.executor, process),
    };
  }

  crash(node: string, kind?: CrashKind): void {
    this.network.crash(node, kind);
  }

  /** What is on a node's disk, whether it runs or not. */
  disk(node: string): MemoryDisk {
    const disk = this.#disks.get(node) ?? new MemoryDisk();
    this.#disks.set(node, disk);
    return disk;
  }
}

function noExecutor(): Executor {
  return {
    attach: (hostId) => Promise.reject(new Error(`this world was made without an executor, and ${hostId} needs one`)),
    close: async () => undefined,
  };
}

// All live ports of one service: what a main.ts makes of its configuration. They share one connection to NATS.

import { join } from 'node:path';
import type { Executor } from '../ports/executor.ts';
import type { ServicePorts } from '../ports/service-ports.ts';
import { FileDisk } from './file-disk.ts';
import { NatsClient, NatsStore, type NatsStoreOptions, NatsTransport } from './nats/mod.ts';
import { openRandom } from './random.ts';
import { TcpPageNetwork, type TcpPageNetworkOptions } from './tcp-page-network.ts';
import { WallClock, type WallClockOptions } from './wall-clock.ts';

export interface LivePortsOptions {
  /** Unique in the cluster; names the connection and the folder. */
  readonly service: string;
  readonly natsServers: string | readonly string[];
  readonly connectDeadlineMs?: number;
  readonly clock?: WallClockOptions;
  readonly seed?: number | string;
  /** The services' folders are below it. */
  readonly diskRoot: string;
  readonly pages?: Omit<TcpPageNetworkOptions, 'clock'>;
  readonly store?: NatsStoreOptions;
}

export interface LivePorts extends Omit<ServicePorts, 'executor'> {
  readonly clock: WallClock;
  readonly client: NatsClient;
  /** For the log. */
  readonly seed: number | string;
  /** Adds the executor that the service uses. */
  withExecutor(executor: Executor): ServicePorts;
  close(): Promise<void>;
}

export async function openLivePorts(options: LivePortsOptions): Promise<LivePorts> {
  const clock = new WallClock(options.clock);
  const { random, seed } = openRandom(options.seed);
  const client = await NatsClient.connect({
    servers: options.natsServers,
    name: options.service,
    ...(options.connectDeadlineMs === undefined ? {} : { connectDeadlineMs: options.connectDeadlineMs }),
  });
  const ports = {
    clock,
    random,
    transport: new NatsTransport(client, clock),
    store: new NatsStore(client, options.store),
    pages: new TcpPageNetwork({ ...options.pages, clock }),
    disk: new FileDisk(join(options.diskRoot, options.service)),
  };
  return {
    ...ports,
    client,
    seed,
    withExecutor: (executor) => ({ ...ports, executor }),
    close: () => client.close(),
  };
}

// Migrations on real processes of this machine: a NATS server and two host nodes, pages over loopback TCP, times by the wall clock. The
// processes live as long as the benchmark, as a cluster's do.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GUEST_BUILD_URL } from '../guests/mod.ts';
import { ChildGroup, logTail } from '../services/cli/child-group.ts';
import {
  findNatsServer,
  type LivePorts,
  type NatsServer,
  openLivePorts,
  startNatsServer,
} from '../shared/runtime/live/mod.ts';
import { BenchFailed, hostSpecification, type MigrationFigures } from './migration-case.ts';
import { MigrationOperator } from './migration-operator.ts';

const [FROM, TO] = ['host-1', 'host-2'];
const HOST_NODE = fileURLToPath(new URL('../services/host-node/main.ts', import.meta.url));

export class LiveHosts {
  readonly #nats: NatsServer;
  readonly #ports: LivePorts;
  readonly #children: ChildGroup;
  readonly #operator: MigrationOperator;
  readonly #death: Promise<never>;

  private constructor(
    nats: NatsServer,
    ports: LivePorts,
    children: ChildGroup,
    operator: MigrationOperator,
    death: Promise<never>,
  ) {
    this.#nats = nats;
    this.#ports = ports;
    this.#children = children;
    this.#operator = operator;
    this.#death = death;
  }

  /** `nodeArguments` go to the host nodes' Node: for a profiler. */
  static async start(checkout: string, folder: string, nodeArguments: readonly string[] = []): Promise<LiveHosts> {
    const binary = findNatsServer(process.env, checkout);
    if (binary === undefined) throw new BenchFailed('no nats-server is here; npm run doctor says how to get one');
    const storeDir = join(folder, 'nats');
    mkdirSync(storeDir, { recursive: true });
    const nats = await startNatsServer({ storeDir, binary });
    const ports = await openLivePorts({ service: 'operator', natsServers: nats.url, diskRoot: join(folder, 'state') });
    const children = new ChildGroup(ports.clock);
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => undefined); // Whoever measures hears of it.
    children.onDeath(({ name, logPath }, how) =>
      death.reject(new BenchFailed(`${name} ended: ${how}\n${logTail(logPath)}`)),
    );
    const operator = await MigrationOperator.open(ports);
    const live = new LiveHosts(nats, ports, children, operator, death.promise);
    for (const host of [FROM, TO]) {
      children.start({
        name: host,
        command: process.execPath,
        args: [...nodeArguments, HOST_NODE],
        logPath: join(folder, `${host}.log`),
        daemon: false,
        environment: {
          ...process.env,
          LIGHTSOUT_NATS_URL: nats.url,
          // A Unix time in nanoseconds has more digits than a number keeps.
          LIGHTSOUT_CLUSTER_EPOCH_NS: String(BigInt(Math.round(ports.clock.epochMs * 1000)) * 1000n),
          LIGHTSOUT_STATE_DIR: join(folder, 'state'),
          LIGHTSOUT_GUESTS_DIR: fileURLToPath(GUEST_BUILD_URL),
          LIGHTSOUT_HOST_SPECIFICATION: JSON.stringify(hostSpecification(host)),
        },
      });
    }
    try {
      await Promise.race([operator.joined([FROM, TO]), live.#death]);
    } catch (error) {
      await live.stop();
      throw error;
    }
    return live;
  }

  measure(rateMib: number): Promise<MigrationFigures> {
    return Promise.race([this.#operator.measure(FROM, TO, rateMib), this.#death]);
  }

  async stop(): Promise<void> {
    await this.#children.stop();
    await this.#ports.close();
    await this.#nats.stop();
  }
}

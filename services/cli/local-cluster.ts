// A cluster of real processes on this machine: nats-server, the scheduler, the API and one host node per host, with logs in files. For
// the length of a live replay, or left behind by `up`.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { HostSpecification } from '../../shared/protocol/mod.ts';
import { findNatsServer, type NatsServer, startNatsServer } from '../../shared/runtime/live/mod.ts';
import type { Link } from '../../shared/scenario/mod.ts';
import { type Child, ChildGroup } from './child-group.ts';
import { type ClusterProcess, clusterPath, startTicksOf, tokenPath } from './cluster-record.ts';
import { cliErrors } from './errors.ts';
import { guestsPath, servicePath } from './places.ts';
import type { Surroundings } from './surroundings.ts';

export interface LocalClusterOptions {
  readonly name: string;
  /** Seconds of cluster time per second. */
  readonly speed: number;
  /** Wall clock at cluster time 0. */
  readonly epochMs: number;
  /** The processes live on when we end. */
  readonly daemons: boolean;
}

export interface HostToStart {
  readonly specification: HostSpecification;
  /** Bounds what it sends and receives; undefined leaves it to the machine. */
  readonly link: Link | undefined;
}

export class LocalCluster {
  readonly path: string;
  readonly natsUrl: string;
  readonly children: ChildGroup;
  readonly #surroundings: Surroundings;
  readonly #options: LocalClusterOptions;
  readonly #nats: NatsServer;
  #apiUrl = '';
  #stopping = false;

  private constructor(surroundings: Surroundings, options: LocalClusterOptions, nats: NatsServer) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#nats = nats;
    this.path = clusterPath(surroundings.checkoutPath, options.name);
    this.natsUrl = nats.url;
    this.children = new ChildGroup(surroundings.clock);
  }

  /** With an empty store; what a cluster of this name left is removed. Throws CLI_NO_NATS_SERVER. */
  static async start(surroundings: Surroundings, options: LocalClusterOptions): Promise<LocalCluster> {
    const { environment, checkoutPath } = surroundings;
    const binary = findNatsServer(environment, checkoutPath);
    if (binary === undefined) throw cliErrors.create('CLI_NO_NATS_SERVER', {});
    const path = clusterPath(checkoutPath, options.name);
    rmSync(path, { recursive: true, force: true });
    const storeDir = join(path, 'nats');
    mkdirSync(storeDir, { recursive: true });
    const nats = await startNatsServer({
      storeDir,
      binary: options.daemons ? binary : withParentWatch(path, binary),
      detached: true,
    });
    return new LocalCluster(surroundings, options, nats);
  }

  /** Calls back when the NATS server ends before it is told to. */
  onNatsDeath(callback: (how: string) => void): void {
    void this.#nats.ended.then((how) => {
      if (!this.#stopping) callback(how);
    });
  }

  get natsLogPath(): string {
    return this.#nats.logFile;
  }

  get apiUrl(): string {
    return this.#apiUrl;
  }

  get logsPath(): string {
    return join(this.path, 'logs');
  }

  async startServices(hosts: readonly HostToStart[]): Promise<void> {
    const apiPort = await freePort();
    this.#apiUrl = `http://127.0.0.1:${apiPort}`;
    this.#startService('scheduler', 'scheduler', {});
    this.#startService('api', 'api', {
      LIGHTSOUT_API_PORT: String(apiPort),
      LIGHTSOUT_API_TOKEN_FILE: tokenPath(this.path),
    });
    for (const { specification, link } of hosts) {
      this.#startService('host-node', specification.host, {
        LIGHTSOUT_HOST_SPECIFICATION: JSON.stringify(specification),
        ...(link === undefined ? {} : linkEnvironment(link)),
      });
    }
  }

  /** All processes as they are kept for `down`. */
  processes(): readonly ClusterProcess[] {
    const all = [{ name: 'nats-server', pid: this.#nats.pid, logPath: this.#nats.logFile }, ...this.children.children];
    return all.flatMap(({ name, pid, logPath }) => {
      const startTicks = startTicksOf(pid);
      return startTicks === undefined ? [] : [{ name, pid, startTicks, logPath }];
    });
  }

  /** First the services, then what they talk over. */
  async stop(): Promise<void> {
    await this.children.stop();
    this.#stopping = true;
    await this.#nats.stop();
  }

  /** At once. */
  kill(): void {
    this.children.kill();
    this.#stopping = true;
    void this.#nats.stop();
  }

  removeFolder(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #startService(service: string, name: string, environment: Readonly<Record<string, string>>): Child {
    const { nodePath, checkoutPath } = this.#surroundings;
    const { speed, epochMs, daemons } = this.#options;
    return this.children.start({
      name,
      command: nodePath,
      args: [servicePath(checkoutPath, service)],
      logPath: join(this.logsPath, `${name}.log`),
      daemon: daemons,
      environment: {
        ...this.#surroundings.environment,
        LIGHTSOUT_NATS_URL: this.natsUrl,
        // A Unix time in nanoseconds has more digits than a number keeps.
        LIGHTSOUT_CLUSTER_EPOCH_NS: String(BigInt(Math.round(epochMs * 1000)) * 1000n),
        LIGHTSOUT_SPEED: String(speed),
        LIGHTSOUT_STATE_DIR: join(this.path, 'state'),
        LIGHTSOUT_GUESTS_DIR: guestsPath(checkoutPath),
        ...environment,
      },
    });
  }
}

function linkEnvironment(link: Link): Readonly<Record<string, string>> {
  return {
    LIGHTSOUT_LINK_BITS_PER_SECOND: String(link.bitsPerSecond),
    LIGHTSOUT_LINK_LATENCY_NS: String(link.latencyNs),
  };
}

/**
 * nats-server does not watch its parent. Where setpriv is (util-linux, on every Debian and Ubuntu), the kernel ends it when we die,
 * however we die: prctl(2), PR_SET_PDEATHSIG.
 */
function withParentWatch(path: string, binary: string): string {
  const script = join(path, 'nats-server.sh');
  const quoted = `'${binary.replaceAll("'", `'\\''`)}'`;
  const lines = [
    '#!/bin/sh',
    `command -v setpriv >/dev/null && exec setpriv --pdeathsig KILL ${quoted} "$@"`,
    `exec ${quoted} "$@"`,
    '',
  ];
  writeFileSync(script, lines.join('\n'), { mode: 0o755 });
  return script;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

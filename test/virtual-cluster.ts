// Real host nodes in one process on virtual time, without a scheduler: tests give the commands that a scheduler would, and see every
// event. Guests are the committed images.

import { readFile } from 'node:fs/promises';
import { HostNode } from '../services/host-node/mod.ts';
import { Ownership } from '../shared/cluster/mod.ts';
import {
  type Answer,
  answerCodec,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  type ClusterEvent,
  clusterEventCodec,
  type EventKind,
  type EventOf,
  type HostCommand,
  type HostSpecification,
  hostCommandCodec,
  hostRecordCodec,
  type MigrationLimits,
  type MigrationReport,
  subjects,
  type VmSpecification,
} from '../shared/protocol/mod.ts';
import { MemoryDisk, VirtualWorld, type VirtualWorldOptions } from '../shared/runtime/memory/mod.ts';
import {
  type Executor,
  type LocalDisk,
  NS_PER_MS,
  NS_PER_S,
  type ServicePorts,
  silentLogger,
} from '../shared/runtime/mod.ts';
import { virtualExecutor } from './virtual-executor.ts';

const MIB = 1024 * 1024;

export const HOST: Omit<HostSpecification, 'host'> = {
  cpus: 1,
  instructionsPerSecond: 20_000_000,
  memoryBytes: 128 * MIB,
  power: { watts: [50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100], standbyWatts: 5, wakeDelayNs: 10 * NS_PER_S },
};

export const LIMITS: MigrationLimits = {
  downtimeLimitNs: 30 * NS_PER_MS,
  stalledRoundsMax: 3,
  roundsMax: 30,
  totalLimitNs: 120 * NS_PER_S,
  waitLimitNs: 5 * NS_PER_S,
};

export function vmSpecification(vm: string, image: string, more: Partial<VmSpecification> = {}): VmSpecification {
  return { vm, image, memoryBytes: 16 * MIB, diskBytes: 0, bootArguments: '', ...more };
}

export interface VirtualClusterOptions {
  readonly hosts: readonly (string | HostSpecification)[];
  readonly seed?: number;
  /** 0, the default: on the test's own thread. */
  readonly threads?: number;
  readonly network?: Omit<VirtualWorldOptions, 'seed' | 'executor'>;
  /** Guest images besides the committed ones, by name. */
  readonly images?: Readonly<Record<string, Uint8Array>>;
  /** Lets a test see, and meddle with, what a host is given. */
  readonly ports?: (host: string, ports: ServicePorts) => ServicePorts;
  readonly executor?: (executor: Executor) => Executor;
}

export class VirtualCluster {
  readonly world: VirtualWorld;
  readonly hosts = new Map<string, HostNode>();
  readonly events: ClusterEvent[] = [];
  readonly failures: unknown[] = [];
  /** Where commands come from and events go to. */
  readonly operator: ServicePorts;
  readonly #waiting = new Set<(event: ClusterEvent) => void>();
  readonly #addresses = new Map<string, string>();
  #ownership: Ownership | undefined;
  #migrations = 0;

  private constructor(options: VirtualClusterOptions) {
    this.world = new VirtualWorld({
      seed: options.seed ?? 1,
      executor: (clock) => {
        const executor = virtualExecutor(clock, options.threads ?? 0);
        return options.executor?.(executor) ?? executor;
      },
      ...options.network,
    });
    this.operator = this.world.boot('operator');
    this.operator.transport.subscribe(subjects.allEvents, (message) => {
      const event = clusterEventCodec.decode(message.payload);
      this.events.push(event);
      for (const see of this.#waiting) see(event);
    });
  }

  static async start(options: VirtualClusterOptions): Promise<VirtualCluster> {
    const guests = await images(options.images);
    const cluster = new VirtualCluster(options);
    await cluster.run(async () => {
      cluster.#ownership = new Ownership(await cluster.operator.store.bucket(BUCKET_OWNERS));
      for (const host of options.hosts)
        await cluster.#startHost(typeof host === 'string' ? { host, ...HOST } : host, guests, options.ports);
    });
    return cluster;
  }

  /** Runs virtual time until the work has settled; a failure of a host makes the test fail. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.world.clock.runUntilSettled(work());
    if (this.failures.length > 0) throw new AggregateError(this.failures, `a host failed: ${this.failures[0]}`);
    return result;
  }

  async runFor(durationNs: number): Promise<void> {
    await this.world.clock.runUntil(this.world.clock.now() + durationNs);
    if (this.failures.length > 0) throw new AggregateError(this.failures, `a host failed: ${this.failures[0]}`);
  }

  get ownership(): Ownership {
    return this.#ownership!;
  }

  async command(host: string, command: HostCommand): Promise<Answer> {
    const { transport } = this.operator;
    return answerCodec.decode(
      await transport.request(subjects.hostCommand(host), hostCommandCodec.encode(command), 10 * NS_PER_S),
    );
  }

  async startVm(specification: VmSpecification, host: string): Promise<void> {
    const claimed = await this.ownership.claim(specification.vm, host);
    if (claimed.kind !== 'done') throw new Error(`claim of ${specification.vm} ended ${claimed.kind}`);
    const answer = await this.command(host, { kind: 'start', specification, owner: claimed.owned.record });
    if (!answer.ok) throw new Error(answer.message);
  }

  /** Where a host's page network listens. */
  pageAddress(host: string): string {
    return this.#addresses.get(host) ?? 'nowhere:0';
  }

  /** Begins a migration and waits for its end. `begun` is called with its name as soon as it is under way. */
  async migrate(
    vm: string,
    to: string,
    limits = LIMITS,
    begun?: (migration: string) => void,
  ): Promise<MigrationReport> {
    const owned = await this.ownership.read(vm);
    const from = owned!.record.host;
    this.#migrations += 1;
    const migration = `m${this.#migrations}`;
    const ended = this.next('migration.ended', (event) => event.report.migration === migration);
    const pageAddress = this.pageAddress(to);
    const answer = await this.command(from, { kind: 'migrate', migration, vm, to, pageAddress, limits, why: 'a test' });
    if (!answer.ok) throw new Error(answer.message);
    begun?.(migration);
    return (await ended).report;
  }

  /** The next event of a kind that fulfils the condition. */
  next<K extends EventKind>(kind: K, condition: (event: EventOf<K>) => boolean = () => true): Promise<EventOf<K>> {
    return new Promise((resolve) => {
      const see = (event: ClusterEvent): void => {
        if (event.kind !== kind || !condition(event as EventOf<K>)) return;
        this.#waiting.delete(see);
        resolve(event as EventOf<K>);
      };
      this.#waiting.add(see);
    });
  }

  lines(vm: string): string[] {
    return this.events.flatMap((event) => (event.kind === 'vm.console' && event.vm === vm ? [event.line] : []));
  }

  async #startHost(
    specification: HostSpecification,
    guests: LocalDisk,
    adapt: VirtualClusterOptions['ports'] = (_, ports) => ports,
  ): Promise<void> {
    const node = new HostNode(adapt(specification.host, this.world.boot(specification.host)), {
      specification,
      images: guests,
      log: silentLogger(),
      onFailure: (error) => this.failures.push(error),
    });
    this.hosts.set(specification.host, node);
    await node.start();
    const record = await (await this.operator.store.bucket(BUCKET_HOSTS)).get(specification.host);
    this.#addresses.set(specification.host, hostRecordCodec.decode(record!.value).pageAddress);
  }
}

let loaded: Promise<MemoryDisk> | undefined;

async function images(more: Readonly<Record<string, Uint8Array>> = {}): Promise<LocalDisk> {
  loaded ??= loadImages();
  const disk = await loaded;
  for (const [image, elf] of Object.entries(more)) await disk.writeAtomically(`${image}.elf`, elf);
  return disk;
}

async function loadImages(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const image of ['idle', 'burn', 'dirty', 'batch']) {
    const path = new URL(`../guests/build/${image}.elf`, import.meta.url);
    await disk.writeAtomically(`${image}.elf`, await readFile(path));
  }
  return disk;
}

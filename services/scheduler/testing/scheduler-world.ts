// A virtual world with a scheduler, simulated hosts and somebody who watches: what tests of the scheduler begin with.

import {
  type Answer,
  answerCodec,
  BUCKET_CLUSTER,
  BUCKET_VMS,
  type ClusterEvent,
  clusterConfigurationCodec,
  clusterEventCodec,
  KEY_CONFIGURATION,
  type SchedulerCommand,
  schedulerCommandCodec,
  subjects,
  type VmSpecification,
  vmSpecificationCodec,
} from '../../../shared/protocol/mod.ts';
import { VirtualWorld, type VirtualWorldOptions } from '../../../shared/runtime/memory/mod.ts';
import { NS_PER_S, type ServicePorts, silentLogger } from '../../../shared/runtime/mod.ts';
import { patiently } from '../patiently.ts';
import { Scheduler } from '../scheduler.ts';
import { Rack, SimulatedHost } from './simulated-host.ts';

export interface WorldOptions extends Partial<VirtualWorldOptions> {
  readonly hosts?: number;
  readonly cpus?: number;
  readonly hostMemoryMiB?: number;
  readonly policy?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export class SchedulerWorld {
  readonly world: VirtualWorld;
  readonly rack = new Rack();
  readonly events: ClusterEvent[] = [];
  readonly failures: unknown[] = [];
  readonly operator: ServicePorts;
  readonly #options: WorldOptions;
  #scheduler: Scheduler | undefined;

  private constructor(options: WorldOptions) {
    const { hosts: _, cpus: __, hostMemoryMiB: ___, policy: ____, parameters: _____, ...world } = options;
    this.#options = options;
    this.world = new VirtualWorld({ seed: 1, ...world });
    this.operator = this.world.boot('operator');
  }

  /** Hosts h1, h2, … and a scheduler that have found each other; two seconds of scheduling interval, one of telemetry. */
  static async start(options: WorldOptions = {}): Promise<SchedulerWorld> {
    const made = new SchedulerWorld(options);
    const { transport } = made.operator;
    transport.subscribe(subjects.allEvents, (message) => made.events.push(clusterEventCodec.decode(message.payload)));
    const ready = made.#boot();
    await made.run(1);
    await ready;
    return made;
  }

  async #boot(): Promise<void> {
    await this.configure(this.#options.policy ?? 'consolidate', this.#options.parameters ?? {});
    const { hosts = 3, cpus = 1, hostMemoryMiB = 256 } = this.#options;
    for (let number = 1; number <= hosts; number++) {
      const host = `h${number}`;
      const power = { watts: Array<number>(11).fill(100), standbyWatts: 5, wakeDelayNs: 3 * NS_PER_S };
      const specification = {
        host,
        cpus,
        instructionsPerSecond: 1_000_000,
        memoryBytes: hostMemoryMiB * 2 ** 20,
        power,
      };
      await new SimulatedHost(this.world.boot(host), specification, this.rack).start();
    }
    await this.bootScheduler();
  }

  /** A new life of the scheduler's process. */
  async bootScheduler(): Promise<void> {
    const onFailure = (error: unknown) => this.failures.push(error);
    this.#scheduler = new Scheduler(this.world.boot('scheduler'), { log: silentLogger(), onFailure });
    await this.#scheduler.start();
  }

  crashScheduler(): void {
    this.world.crash('scheduler');
  }

  async configure(name: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const bucket = await this.operator.store.bucket(BUCKET_CLUSTER);
    const configuration = {
      policy: { name, arguments: parameters },
      schedulingIntervalNs: 2 * NS_PER_S,
      telemetryIntervalNs: NS_PER_S,
      migration: {
        ...{ downtimeLimitNs: 3e8, stalledRoundsMax: 3, roundsMax: 30 },
        ...{ totalLimitNs: 60 * NS_PER_S, waitLimitNs: 5 * NS_PER_S },
      },
      seed: 1,
    };
    await bucket.put(KEY_CONFIGURATION, clusterConfigurationCodec.encode(configuration));
  }

  host(name: string): SimulatedHost {
    return this.rack.hosts.get(name)!;
  }

  /** Lets cluster time pass; rethrows what the scheduler could not handle. */
  async run(seconds: number): Promise<void> {
    await this.world.clock.runUntil(this.world.clock.now() + seconds * NS_PER_S);
    if (this.failures.length > 0) throw this.failures[0];
  }

  /** Does something through the ports and lets time pass until it is done. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    let result: { value: T } | undefined;
    const done = work().then((value) => {
      result = { value };
    });
    for (let second = 0; second < 60 && result === undefined; second++) await this.run(1);
    await done;
    return result!.value;
  }

  async wish(vm: string, cpus: number, changes: Partial<VmSpecification> = {}): Promise<void> {
    this.rack.wanted.set(vm, cpus);
    const specification = { vm, image: 'burn', memoryBytes: 2 ** 24, diskBytes: 0, bootArguments: '', ...changes };
    await patiently(this.operator.clock, async () => {
      const bucket = await this.operator.store.bucket(BUCKET_VMS);
      await bucket.put(vm, vmSpecificationCodec.encode(specification));
    });
  }

  async drop(vm: string): Promise<void> {
    await (await this.operator.store.bucket(BUCKET_VMS)).delete(vm);
  }

  async ask(command: SchedulerCommand): Promise<Answer> {
    const payload = schedulerCommandCodec.encode(command);
    return answerCodec.decode(await this.operator.transport.request(subjects.schedulerCommand, payload, 20 * NS_PER_S));
  }

  /** Events of a kind, in order of arrival. */
  said<K extends ClusterEvent['kind']>(kind: K): Extract<ClusterEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<ClusterEvent, { kind: K }> => event.kind === kind);
  }

  decisions(): string[] {
    return this.said('scheduler.decided').map(({ decision, subject, why }) => `${decision} ${subject}: ${why}`);
  }
}

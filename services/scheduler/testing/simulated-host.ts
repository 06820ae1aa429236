// A host for tests of the scheduler: answers commands, owns VMs by the owner records, publishes telemetry and events as a host node does, but
// its VMs are numbers. Migrations take a fixed time; what a VM wants and cannot get is steal.

import { type Owned, Ownership } from '../../../shared/cluster/mod.ts';
import {
  type Answer,
  answerCodec,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  EventWriter,
  type HostCommand,
  type HostPower,
  type HostSpecification,
  hostCommandCodec,
  hostRecordCodec,
  hostTelemetryCodec,
  type OwnerRecord,
  subjects,
} from '../../../shared/protocol/mod.ts';
import { NS_PER_S, type ServicePorts } from '../../../shared/runtime/mod.ts';
import { patiently } from '../patiently.ts';

export const MIGRATION_NS = 1.5 * NS_PER_S;
const TELEMETRY_NS = NS_PER_S;

interface Resident {
  owner: OwnerRecord;
  readonly memoryBytes: number;
  leaving: boolean;
}

/** What all simulated hosts of one test share: each other, and what VMs want. */
export class Rack {
  readonly hosts = new Map<string, SimulatedHost>();
  /** CPUs by VM. */
  readonly wanted = new Map<string, number>();

  /** Hosts that have the VM in memory and running. */
  running(vm: string): string[] {
    return [...this.hosts.values()].filter((host) => host.residents.has(vm)).map((host) => host.name);
  }

  layout(): Record<string, string[]> {
    const layout: Record<string, string[]> = {};
    for (const host of this.hosts.values())
      if (host.residents.size > 0) layout[host.name] = [...host.residents.keys()].sort();
    return layout;
  }
}

export class SimulatedHost {
  readonly name: string;
  readonly residents = new Map<string, Resident>();
  power: HostPower = 'on';
  /** Commands received, by kind, repetitions included. */
  readonly received: HostCommand[] = [];
  /** Answers a command itself instead of the host; undefined lets the host do it; 'silence' answers nothing. */
  intercept: ((command: HostCommand) => Answer | 'silence' | undefined) | undefined;
  /** Stops telemetry, as a host that has lost its network. */
  isMute = false;
  /** Migrations from here end badly. */
  breaksMigrations = false;
  readonly #specification: HostSpecification;
  readonly #ports: ServicePorts;
  readonly #rack: Rack;
  readonly #events: EventWriter;
  readonly #migrations = new Set<string>();
  #ownership: Ownership | undefined;
  #sequence = 0;
  #sentNs = 0;

  constructor(ports: ServicePorts, specification: HostSpecification, rack: Rack) {
    this.name = specification.host;
    this.#ports = ports;
    this.#specification = specification;
    this.#rack = rack;
    this.#events = new EventWriter(ports.clock, ports.transport, `host/${this.name}`);
    rack.hosts.set(this.name, this);
  }

  async start(): Promise<void> {
    const { store, transport } = this.#ports;
    this.#ownership = new Ownership(await store.bucket(BUCKET_OWNERS));
    transport.subscribe(subjects.hostCommand(this.name), (message) => {
      void this.#serve(hostCommandCodec.decode(message.payload), (answer) =>
        message.respond?.(answerCodec.encode(answer)),
      );
    });
    const record = { host: this.name, specification: this.#specification, pageAddress: this.name, incarnation: 'one' };
    await (await store.bucket(BUCKET_HOSTS)).put(this.name, hostRecordCodec.encode(record));
    this.#tick();
  }

  /** The guest ends by itself. */
  async end(vm: string): Promise<void> {
    const { owner } = this.residents.get(vm)!;
    this.residents.delete(vm);
    const { epoch } = owner;
    this.#events.write({
      ...{ kind: 'vm.stopped', vm, host: this.name, epoch, reason: 'shutdown', code: 0, instructions: '1' },
    });
    const owned = await this.#read(vm);
    if (owned !== undefined) await this.#ownership!.release(owned);
  }

  async #serve(command: HostCommand, respond: (answer: Answer) => void): Promise<void> {
    this.received.push(command);
    const intercepted = this.intercept?.(command);
    if (intercepted === 'silence') return;
    respond(intercepted ?? (await this.perform(command)));
  }

  async perform(command: HostCommand): Promise<Answer> {
    if (this.power !== 'on' && command.kind !== 'wake' && command.kind !== 'standby') {
      return refusal('HOST_NOT_ON', `host ${this.name} is ${this.power}`);
    }
    switch (command.kind) {
      case 'start': {
        const owned = await this.#read(command.owner.vm);
        const isOurs = owned?.record.host === this.name && owned.record.epoch === command.owner.epoch;
        if (!isOurs || owned.record.released === true) return refusal('HOST_NOT_OWNER', 'the record says otherwise');
        const { vm, memoryBytes } = command.specification;
        if (this.residents.has(vm)) return { ok: true };
        this.residents.set(vm, { owner: command.owner, memoryBytes, leaving: false });
        this.#events.write({ kind: 'vm.started', vm, host: this.name, epoch: command.owner.epoch });
        return { ok: true };
      }
      case 'stop':
        if (!this.residents.has(command.vm)) return refusal('HOST_VM_NOT_HERE', 'not here');
        await this.end(command.vm);
        return { ok: true };
      case 'migrate': {
        const resident = this.residents.get(command.vm);
        if (this.#migrations.has(command.migration)) return { ok: true, result: command.migration };
        if (resident === undefined) return refusal('HOST_VM_NOT_HERE', 'not here');
        if (resident.leaving) return refusal('HOST_VM_BUSY', 'it is leaving');
        resident.leaving = true;
        this.#migrations.add(command.migration);
        this.#ports.clock.at(this.#ports.clock.now() + MIGRATION_NS, () => void this.#arrive(command, resident));
        return { ok: true, result: command.migration };
      }
      case 'cancel':
      case 'type':
        return { ok: true };
      case 'standby':
        if (this.residents.size > 0) return refusal('HOST_NOT_EMPTY', `host ${this.name} has VMs`);
        if (this.power === 'on') this.#events.write({ kind: 'host.standby', host: this.name, why: command.why });
        this.power = 'standby';
        return { ok: true };
      case 'wake':
        if (this.power !== 'standby') return { ok: true };
        this.power = 'waking';
        this.#events.write({ kind: 'host.waking', host: this.name, why: command.why });
        this.#ports.clock.at(this.#ports.clock.now() + this.#specification.power.wakeDelayNs, () => {
          this.power = 'on';
          this.#events.write({ kind: 'host.on', host: this.name });
          this.#publish();
        });
        return { ok: true };
    }
  }

  #read(vm: string): Promise<Owned | undefined> {
    return patiently(this.#ports.clock, () => this.#ownership!.read(vm));
  }

  /** The new record, or undefined when somebody else was first. */
  async #swap(owned: Owned, to: string): Promise<OwnerRecord | undefined> {
    for (;;) {
      const outcome = await this.#ownership!.swap(owned, to);
      if (outcome.kind !== 'unknown') return outcome.kind === 'done' ? outcome.owned.record : undefined;
    }
  }

  async #arrive(command: Extract<HostCommand, { kind: 'migrate' }>, resident: Resident): Promise<void> {
    const { migration, vm, to, why } = command;
    const target = this.#rack.hosts.get(to)!;
    const canTake = target.power === 'on' && !this.breaksMigrations;
    const owned = await this.#read(vm);
    const owner = canTake && owned !== undefined ? await this.#swap(owned, to) : undefined;
    const isDone = owner !== undefined;
    resident.leaving = false;
    if (isDone) {
      this.residents.delete(vm);
      target.residents.set(vm, { ...resident, owner });
    }
    const counts = { rounds: 2, pages: 10, zeroPages: 0, bytes: 40960, pageBytes: 40960, stateBytes: 1000 };
    const report = {
      ...{ migration, vm, from: this.name, to, epoch: resident.owner.epoch + (isDone ? 1 : 0) },
      ...{ detail: why, ...counts, downtimeNs: 1e7, totalNs: MIGRATION_NS },
      outcome: isDone ? ('completed' as const) : ('failed' as const),
      reason: isDone ? ('downtime-limit' as const) : ('error' as const),
    };
    this.#events.write({ kind: 'migration.ended', report });
  }

  #tick(): void {
    const { clock } = this.#ports;
    clock.at((Math.floor(clock.now() / TELEMETRY_NS) + 1) * TELEMETRY_NS, () => {
      this.#publish();
      this.#tick();
    });
  }

  #publish(): void {
    const { clock, transport } = this.#ports;
    const timeNs = clock.now();
    const intervalNs = timeNs - this.#sentNs;
    this.#sentNs = timeNs;
    this.#sequence += 1;
    if (this.isMute) return;
    const { cpus, instructionsPerSecond, memoryBytes } = this.#specification;
    const wants = (vm: string) => Math.min(1, this.#rack.wanted.get(vm) ?? 0);
    const wanted = [...this.residents.keys()].reduce((sum, vm) => sum + wants(vm), 0);
    const share = wanted > cpus ? cpus / wanted : 1;
    const vms = [...this.residents].map(([vm, resident]) => ({
      ...{ vm, epoch: resident.owner.epoch, state: 'running' as const, memoryBytes: resident.memoryBytes },
      ...{ instructions: 0, residentPages: 0, dirtiedPages: 0 },
      runNs: wants(vm) * share * intervalNs,
      stealNs: wants(vm) * (1 - share) * intervalNs,
    }));
    const committedBytes = vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
    const busyNs = wanted * share * intervalNs;
    const telemetry = {
      ...{ host: this.name, incarnation: 'one', sequence: this.#sequence, timeNs, intervalNs, power: this.power },
      ...{ cpus, instructionsPerSecond, memoryBytes, committedBytes, busyNs, lagNs: 0, vms },
    };
    transport.publish(subjects.hostTelemetry(this.name), hostTelemetryCodec.encode(telemetry));
  }
}

function refusal(code: string, message: string): Answer {
  return { ok: false, code, message };
}

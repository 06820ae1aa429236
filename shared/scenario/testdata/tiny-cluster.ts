// A cluster that is just enough for tests of the conductor: hosts without memory or CPUs whose VMs echo what is typed, and a scheduler
// that starts VMs where they are pinned and moves them when told. All on the in-memory ports.

import {
  type Answer,
  answerCodec,
  BUCKET_OWNERS,
  BUCKET_VMS,
  EventWriter,
  type HostCommand,
  type HostSpecification,
  hostCommandCodec,
  hostTelemetryCodec,
  ownerRecordCodec,
  type SchedulerCommand,
  schedulerCommandCodec,
  subjects,
  type VmTelemetry,
  vmSpecificationCodec,
} from '../../protocol/mod.ts';
import { NS_PER_MS, NS_PER_S, type ServicePorts } from '../../runtime/mod.ts';

const DOWNTIME_NS = 20 * NS_PER_MS;
const MOVING_NS = 500 * NS_PER_MS;

export interface TinyOptions {
  /** Is told of every command before it is performed. */
  readonly onCommand?: (host: string, command: HostCommand) => void;
  /** What a VM prints when it starts; undefined for nothing. */
  readonly greeting?: string | undefined;
  readonly intervalNs?: number;
  /** VMs that the scheduler refuses. */
  readonly refused?: readonly string[];
}

export class TinyHost {
  readonly name: string;
  readonly #ports: ServicePorts;
  readonly #specification: HostSpecification;
  readonly #options: TinyOptions;
  readonly #events: EventWriter;
  readonly vms = new Map<string, { epoch: number; readonly inputs: Set<string> }>();
  power: 'on' | 'standby' = 'on';
  #sequence = 0;

  constructor(ports: ServicePorts, specification: HostSpecification, options: TinyOptions) {
    this.name = specification.host;
    this.#ports = ports;
    this.#specification = specification;
    this.#options = options;
    this.#events = new EventWriter(ports.clock, ports.transport, `host/${this.name}`);
  }

  start(): void {
    const { memoryBytes, cpus, instructionsPerSecond } = this.#specification;
    this.#ports.transport.subscribe(subjects.hostCommand(this.name), (message) => {
      const command = hostCommandCodec.decode(message.payload);
      this.#options.onCommand?.(this.name, command);
      message.respond?.(answerCodec.encode(this.#perform(command)));
    });
    this.#events.write({ kind: 'host.joined', host: this.name, memoryBytes, cpus, instructionsPerSecond });
    this.#report();
  }

  /** Gives a VM away or takes one in, as a migration does. */
  leave(vm: string): Set<string> {
    const inputs = this.vms.get(vm)!.inputs;
    this.vms.delete(vm);
    return inputs;
  }

  enter(vm: string, epoch: number, inputs: Set<string>): void {
    this.vms.set(vm, { epoch, inputs });
  }

  #perform(command: HostCommand): Answer {
    switch (command.kind) {
      case 'start': {
        const { vm } = command.specification;
        const { epoch } = command.owner;
        this.vms.set(vm, { epoch, inputs: new Set() });
        this.#events.write({ kind: 'vm.started', vm, host: this.name, epoch });
        if (this.#options.greeting !== undefined) this.#print(vm, this.#options.greeting);
        return { ok: true };
      }
      case 'type': {
        const present = this.vms.get(command.vm);
        if (present === undefined) return { ok: false, code: 'HOST_VM_NOT_HERE', message: 'not here' };
        if (!present.inputs.has(command.input)) this.#print(command.vm, `heard ${command.text.trim()}`);
        present.inputs.add(command.input);
        return { ok: true };
      }
      case 'stop': {
        const present = this.vms.get(command.vm);
        if (present === undefined) return { ok: false, code: 'HOST_VM_NOT_HERE', message: 'not here' };
        this.vms.delete(command.vm);
        const stopped = { vm: command.vm, host: this.name, epoch: present.epoch, reason: 'stopped', code: 0 };
        this.#events.write({ kind: 'vm.stopped', ...stopped, instructions: '0' });
        return { ok: true };
      }
      case 'standby':
        this.power = 'standby';
        this.#events.write({ kind: 'host.standby', host: this.name, why: command.why });
        return { ok: true };
      case 'wake':
        this.power = 'on';
        this.#events.write({ kind: 'host.on', host: this.name });
        return { ok: true };
      default:
        return { ok: false, code: 'HOST_ODD', message: command.kind };
    }
  }

  #print(vm: string, line: string): void {
    this.#events.write({ kind: 'vm.console', vm, host: this.name, epoch: this.vms.get(vm)!.epoch, line });
  }

  #report(): void {
    const { clock, transport } = this.#ports;
    const intervalNs = this.#options.intervalNs ?? NS_PER_S;
    clock.at(clock.now() + intervalNs, () => {
      const vms = [...this.vms].map(
        ([vm, { epoch }]): VmTelemetry => ({
          ...{ vm, epoch, state: 'running', memoryBytes: 2 ** 20, instructions: 1000, runNs: intervalNs / 4 },
          ...{ stealNs: 0, residentPages: 1, dirtiedPages: 0 },
        }),
      );
      const { cpus, instructionsPerSecond, memoryBytes } = this.#specification;
      this.#sequence += 1;
      const telemetry = {
        ...{ host: this.name, incarnation: 'a', sequence: this.#sequence, timeNs: clock.now(), intervalNs },
        ...{ power: this.power, cpus, instructionsPerSecond, memoryBytes, committedBytes: vms.length * 2 ** 20 },
        ...{ busyNs: (vms.length * intervalNs) / 4, lagNs: 0, vms },
      };
      transport.publish(subjects.hostTelemetry(this.name), hostTelemetryCodec.encode(telemetry));
      this.#report();
    });
  }
}

export class TinyScheduler {
  readonly #ports: ServicePorts;
  readonly #hosts: ReadonlyMap<string, TinyHost>;
  readonly #options: TinyOptions;
  readonly #events: EventWriter;
  readonly #cancelled = new Set<string>();
  #migrations = 0;

  constructor(ports: ServicePorts, hosts: readonly TinyHost[], options: TinyOptions) {
    this.#ports = ports;
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#options = options;
    this.#events = new EventWriter(ports.clock, ports.transport, 'scheduler');
  }

  async start(): Promise<void> {
    const { store, transport } = this.#ports;
    const vms = await store.bucket(BUCKET_VMS);
    await vms.watch((change) => {
      if (change.kind === 'put') this.#watched(this.#place(change.entry.value));
      else this.#watched(this.#retire(change.key));
    });
    transport.subscribe(subjects.schedulerCommand, (message) => {
      const answer = this.#perform(schedulerCommandCodec.decode(message.payload));
      message.respond?.(answerCodec.encode(answer));
    });
  }

  async #place(value: Uint8Array): Promise<void> {
    const specification = vmSpecificationCodec.decode(value);
    const { vm } = specification;
    if (this.#options.refused?.includes(vm)) {
      this.#events.write({ kind: 'vm.refused', vm, why: 'no room' });
      return;
    }
    const host = specification.pinnedTo ?? [...this.#hosts.keys()][0]!;
    const owner = { vm, host, epoch: 1 };
    await this.#own(owner);
    const command = hostCommandCodec.encode({ kind: 'start', specification, owner });
    await this.#ports.transport.request(subjects.hostCommand(host), command, NS_PER_S);
  }

  async #retire(vm: string): Promise<void> {
    const host = [...this.#hosts.values()].find((each) => each.vms.has(vm));
    if (host === undefined) return;
    const command = hostCommandCodec.encode({ kind: 'stop', vm });
    await this.#ports.transport.request(subjects.hostCommand(host.name), command, NS_PER_S);
  }

  /** A failure here is one of the test. */
  #watched(work: Promise<void>): void {
    work.catch((error: unknown) => {
      throw error;
    });
  }

  async #own(owner: { vm: string; host: string; epoch: number }): Promise<void> {
    await (await this.#ports.store.bucket(BUCKET_OWNERS)).put(owner.vm, ownerRecordCodec.encode(owner));
  }

  #perform(command: SchedulerCommand): Answer {
    if (command.kind === 'cancel') {
      this.#cancelled.add(command.migration);
      return { ok: true };
    }
    if (command.kind !== 'migrate') {
      return { ok: false, code: 'TINY_IMPOSSIBLE', message: `hosts of a tiny cluster know no ${command.kind}` };
    }
    const from = [...this.#hosts.values()].find((host) => host.vms.has(command.vm));
    const to = this.#hosts.get(command.to ?? '');
    if (from === undefined || to === undefined || from === to) {
      return { ok: false, code: 'TINY_IMPOSSIBLE', message: `${command.vm} cannot go to ${command.to}` };
    }
    this.#migrations += 1;
    const migration = `m-${this.#migrations}`;
    const started = { migration, vm: command.vm, from: from.name, to: to.name };
    this.#events.write({ kind: 'migration.started', ...started, why: command.why });
    this.#ports.clock.at(this.#ports.clock.now() + MOVING_NS, () => this.#finish(started, from, to));
    return { ok: true, result: migration };
  }

  #finish(started: { migration: string; vm: string; from: string; to: string }, from: TinyHost, to: TinyHost): void {
    const cancelled = this.#cancelled.has(started.migration);
    const { epoch } = from.vms.get(started.vm)!;
    const report = {
      ...{ ...started, epoch, detail: 'for a test', rounds: 2, pages: 10, zeroPages: 5, bytes: 50_000 },
      ...{ pageBytes: 40_960, stateBytes: 1000, downtimeNs: DOWNTIME_NS, totalNs: MOVING_NS },
    };
    if (cancelled) {
      this.#events.write({ kind: 'migration.ended', report: { ...report, outcome: 'cancelled', reason: 'cancelled' } });
      return;
    }
    const inputs = from.leave(started.vm);
    to.enter(started.vm, epoch + 1, inputs);
    const done = { ...report, epoch: epoch + 1, outcome: 'completed', reason: 'downtime-limit' } as const;
    this.#events.write({ kind: 'migration.ended', report: done });
    // The record follows a moment later, so that whoever asks in between is sent to the wrong host.
    const { clock } = this.#ports;
    clock.at(clock.now() + DOWNTIME_NS, () => void this.#own({ vm: started.vm, host: to.name, epoch: epoch + 1 }));
  }
}

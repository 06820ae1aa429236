// A physical machine as a service: runs the VMs that it owns, says what they and it do, sends and receives live migrations, goes to
// standby and wakes. Its management controller (commands, telemetry, power) is always on; RAM and CPUs exist only while the host is.

import { Ownership } from '../../shared/cluster/mod.ts';
import {
  type Answer,
  answerCodec,
  BUCKET_CLUSTER,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  clusterConfigurationCodec,
  EventWriter,
  type HostCommand,
  type HostPower,
  type HostSpecification,
  hostCommandCodec,
  hostRecordCodec,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  subjects,
} from '../../shared/protocol/mod.ts';
import {
  CodedError,
  hasCode,
  type LocalDisk,
  type Logger,
  type Message,
  NS_PER_S,
  type PageListener,
  type ServicePorts,
  type Subscription,
  type Timer,
} from '../../shared/runtime/mod.ts';
import { PACE, type Pace } from './cpu-loop.ts';
import { hostErrors } from './errors.ts';
import { receiveMigration } from './incoming-migration.ts';
import { OutgoingMigration } from './outgoing-migration.ts';
import { PoweredHost } from './powered-host.ts';
import type { ResidentVm } from './resident-vm.ts';
import { startVm } from './start-vm.ts';

/** Until the cluster's configuration says otherwise. */
const TELEMETRY_INTERVAL_NS = NS_PER_S;
/** Chosen: a repeated `migrate` or `cancel` is recognised for so many migrations. */
const REMEMBERED_MIGRATIONS_MAX = 1024;

/** Chosen. */
const RELEASE_RETRY_NS = 5 * NS_PER_S;

const encoder = new TextEncoder();

export interface HostNodeOptions {
  readonly specification: HostSpecification;
  /** Guest images: `<image>.elf`. */
  readonly images: LocalDisk;
  /** Live, what suits the clock's speed. */
  readonly pace?: Pace;
  readonly log: Logger;
  /** A failure after which nothing on this host can be trusted (a thread died, an assertion). */
  readonly onFailure: (error: unknown) => void;
}

export class HostNode {
  readonly #ports: ServicePorts;
  readonly #options: HostNodeOptions;
  readonly #events: EventWriter;
  readonly #outgoing = new Map<string, OutgoingMigration>();
  readonly #starting = new Map<string, Promise<void>>();
  /** VMs that ended here, with the epoch in which they did, until the store knows it: they are not to be started again under it. */
  readonly #ended = new Map<string, number>();
  #migrationsKnown: readonly string[] = [];
  readonly #subscriptions: Subscription[] = [];
  #ownership: Ownership | undefined;
  #powered: PoweredHost | undefined;
  #power: HostPower = 'waking';
  #isEnding = false;
  /** Resolves when the last quantum before standby has ended. */
  #switchingOff: Promise<void> = Promise.resolve();
  #listener: PageListener | undefined;
  #telemetryTimer: Timer | undefined;
  #telemetryIntervalNs = TELEMETRY_INTERVAL_NS;
  #reportedNs = 0;
  #sequence = 0;
  readonly #incarnation: string;

  constructor(ports: ServicePorts, options: HostNodeOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#events = new EventWriter(ports.clock, ports.transport, `host/${this.name}`);
    this.#incarnation = ports.random
      .fork('incarnation')
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }

  get name(): string {
    return this.#options.specification.host;
  }

  /** Switches the host on and joins the cluster. */
  async start(): Promise<void> {
    const { store, pages, transport, clock } = this.#ports;
    this.#ownership = new Ownership(await store.bucket(BUCKET_OWNERS));
    await this.#switchOn();
    this.#listener = await pages.listen((stream) => {
      this.#watched(receiveMigration(this.#incomingSurroundings(), stream));
    });
    await this.#followConfiguration();
    this.#subscriptions.push(
      transport.subscribe(subjects.hostCommand(this.name), (message) => this.#watched(this.#serve(message))),
    );
    const { specification } = this.#options;
    const record = {
      host: this.name,
      specification,
      pageAddress: this.#listener.address,
      incarnation: this.#incarnation,
    };
    await (await store.bucket(BUCKET_HOSTS)).put(this.name, hostRecordCodec.encode(record));
    const { memoryBytes, cpus, instructionsPerSecond } = specification;
    this.#events.write({ kind: 'host.joined', host: this.name, memoryBytes, cpus, instructionsPerSecond });
    this.#reportedNs = clock.now();
    this.#scheduleTelemetry();
  }

  /** Leaves without a word to the VMs: for the end of a run. */
  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#telemetryTimer?.cancel();
    this.#listener?.close();
    // A VM whose last frame is sent has a chance to live on elsewhere; it is not taken back to a host that ends.
    for (const migration of this.#outgoing.values())
      if (!migration.isHandedOver) migration.cancel('the host is shutting down');
    const host = this.#powered;
    this.#isEnding = true;
    this.#powered = undefined;
    await host?.switchOff();
  }

  // ---- commands ----

  async #serve(message: Message): Promise<void> {
    let answer: Answer;
    try {
      const result = await this.#perform(hostCommandCodec.decode(message.payload));
      answer = result === undefined ? { ok: true } : { ok: true, result };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      answer = { ok: false, code: error.code, message: error.message };
    }
    message.respond?.(answerCodec.encode(answer));
  }

  async #perform(command: HostCommand): Promise<string | undefined> {
    switch (command.kind) {
      case 'start':
        return this.#start(command);
      case 'stop':
        return this.#stop(command.vm);
      case 'migrate':
        return this.#migrate(command);
      case 'cancel':
        return this.#cancel(command.migration);
      case 'type':
        return this.#type(command.vm, command.input, command.text);
      case 'standby':
        return this.#standby(command.why);
      case 'wake':
        return this.#wake(command.why);
    }
  }

  async #start(command: Extract<HostCommand, { kind: 'start' }>): Promise<undefined> {
    const host = this.#poweredHost();
    const { vm } = command.specification;
    const present = host.residents.get(vm);
    if (present !== undefined) {
      if (present.owner.epoch === command.owner.epoch) return undefined;
      throw hostErrors.create('HOST_VM_EXISTS', { vm, host: this.name, epoch: present.owner.epoch });
    }
    const endedEpoch = this.#ended.get(vm);
    if (endedEpoch !== undefined && endedEpoch >= command.owner.epoch)
      throw hostErrors.create('HOST_VM_ENDED', { vm, host: this.name, epoch: endedEpoch });
    // A repetition that comes while the first is still loading the image waits for it.
    let starting = this.#starting.get(vm);
    if (starting === undefined) {
      starting = startVm(host, this.name, this.#ownership!, this.#options.images, command, this.#ports.clock);
      this.#starting.set(vm, starting);
      const forget = () => this.#starting.delete(vm);
      starting.then(forget, forget);
      await starting;
      this.#events.write({ kind: 'vm.started', vm, host: this.name, epoch: command.owner.epoch });
    } else await starting;
    return undefined;
  }

  async #stop(name: string): Promise<undefined> {
    this.#refuseLeaving(this.#resident(name));
    await this.#poweredHost().loop.atBoundary(() => {
      // While we waited for the boundary it may have ended, begun to leave, or been stopped by a repetition of this command.
      const resident = this.#resident(name);
      this.#refuseLeaving(resident);
      this.#remove(resident, 'stopped', 0);
    });
    return undefined;
  }

  async #migrate(command: Extract<HostCommand, { kind: 'migrate' }>): Promise<string> {
    if (this.#migrationsKnown.includes(command.migration)) return command.migration;
    const resident = this.#resident(command.vm);
    this.#refuseLeaving(resident);
    const { clock, pages } = this.#ports;
    const around = {
      hostName: this.name,
      clock,
      pages,
      ownership: this.#ownership!,
      log: this.#options.log,
      events: this.#events,
      announceConsole: (leaving: ResidentVm) => this.#announceConsole(leaving),
    };
    const host = this.#poweredHost();
    const migration = new OutgoingMigration(around, host, resident, command);
    resident.leaving = command.migration;
    this.#migrationsKnown = [...this.#migrationsKnown, command.migration].slice(-REMEMBERED_MIGRATIONS_MAX);
    this.#outgoing.set(command.migration, migration);
    this.#watched(this.#carryOut(migration, host, resident));
    return command.migration;
  }

  async #carryOut(migration: OutgoingMigration, host: PoweredHost, resident: ResidentVm): Promise<void> {
    await migration.run();
    resident.leaving = undefined;
    this.#outgoing.delete(migration.command.migration);
    // A VM that ended while it was leaving was not taken away, and there may be no quantum any more at whose end that happens.
    await host.loop.atBoundary(() => {
      const isHere = !this.#isEnding && host.residents.get(resident.name) === resident;
      if (isHere && resident.leaving === undefined) this.#removeIfStopped(resident);
    });
  }

  #cancel(name: string): undefined {
    const migration = this.#outgoing.get(name);
    if (migration !== undefined) migration.cancel('cancelled on request');
    else if (!this.#migrationsKnown.includes(name))
      throw hostErrors.create('HOST_NO_MIGRATION', { host: this.name, migration: name });
    return undefined;
  }

  async #type(name: string, input: string, text: string): Promise<undefined> {
    const host = this.#poweredHost();
    this.#resident(name);
    await host.loop.atBoundary(() => {
      // It may have left while we waited for the boundary.
      const resident = this.#resident(name);
      if (resident.state !== 'running') throw hostErrors.create('HOST_VM_NOT_HERE', { vm: name, host: this.name });
      if (!resident.type(input, encoder.encode(text))) throw hostErrors.create('HOST_CONSOLE_FULL', { vm: name });
      host.loop.wake();
    });
    return undefined;
  }

  // ---- power ----

  async #standby(why: string): Promise<undefined> {
    if (this.#power === 'standby') {
      await this.#switchingOff;
      return undefined;
    }
    const host = this.#poweredHost();
    if (!host.isEmpty || this.#starting.size > 0) {
      const count = host.residents.size + this.#starting.size;
      throw hostErrors.create('HOST_NOT_EMPTY', { host: this.name, count });
    }
    this.#setPower('standby');
    this.#powered = undefined;
    this.#switchingOff = host
      .switchOff()
      .then(() => this.#events.write({ kind: 'host.standby', host: this.name, why }));
    await this.#switchingOff;
    return undefined;
  }

  async #wake(why: string): Promise<undefined> {
    await this.#switchingOff;
    if (this.#power !== 'standby') return undefined;
    this.#setPower('waking');
    this.#events.write({ kind: 'host.waking', host: this.name, why });
    const { clock } = this.#ports;
    const readyNs = clock.now() + this.#options.specification.power.wakeDelayNs;
    clock.at(readyNs, () => this.#watched(this.#awake()));
    return undefined;
  }

  async #awake(): Promise<void> {
    if (this.#isEnding) return;
    await this.#switchOn();
    this.#events.write({ kind: 'host.on', host: this.name });
    this.#publishTelemetry();
  }

  async #switchOn(): Promise<void> {
    const { clock, executor } = this.#ports;
    this.#powered = await PoweredHost.switchOn(
      this.#options.specification,
      clock,
      executor,
      (residents) => this.#atQuantumEnd(residents),
      this.#options.onFailure,
      this.#options.pace ?? PACE,
    );
    this.#setPower('on');
  }

  #setPower(power: HostPower): void {
    this.#power = power;
  }

  #poweredHost(): PoweredHost {
    if (this.#powered === undefined || this.#power !== 'on')
      throw hostErrors.create('HOST_NOT_ON', { host: this.name, power: this.#power });
    return this.#powered;
  }

  // ---- VMs ----

  #atQuantumEnd(residents: Iterable<ResidentVm>): void {
    if (this.#isEnding) return;
    for (const resident of [...residents]) {
      // Reading lets the device go on and write into the guest's memory; that of a VM which stands still has been sent already.
      if (resident.state !== 'paused') this.#announceConsole(resident);
      if (resident.leaving === undefined) this.#removeIfStopped(resident);
    }
  }

  #removeIfStopped(resident: ResidentVm): void {
    const { stopped } = resident.vm;
    if (stopped !== undefined) this.#remove(resident, stopped.reason, stopped.exitCode);
  }

  #announceConsole(resident: ResidentVm): void {
    const { vm, epoch } = resident.owner;
    const waited = resident.vm.isConsoleBlocked;
    for (const line of resident.takeConsoleLines())
      this.#events.write({ kind: 'vm.console', vm, host: this.name, epoch, line });
    if (waited) this.#powered?.loop.wake();
  }

  /** Takes a VM that has ended out of memory, and says so where others look. At a boundary. */
  #remove(resident: ResidentVm, reason: string, code: number): void {
    this.#announceConsole(resident);
    const { vm, epoch } = resident.owner;
    const instructions = String(resident.instructions);
    this.#poweredHost().discard(resident.specification, resident.vm);
    this.#events.write({ kind: 'vm.stopped', vm, host: this.name, epoch, reason, code, instructions });
    this.#ended.set(vm, epoch);
    this.#watched(this.#release(vm, epoch));
  }

  /** Says in the store that the VM has ended, until the store has understood: a scheduler would start it again otherwise. */
  async #release(vm: string, epoch: number): Promise<void> {
    while (!(await this.#tryRelease(vm, epoch))) await this.#ports.clock.sleep(RELEASE_RETRY_NS);
    // From now on the record itself refuses that epoch.
    if (this.#ended.get(vm) === epoch) this.#ended.delete(vm);
  }

  async #tryRelease(vm: string, epoch: number): Promise<boolean> {
    try {
      const owned = await this.#ownership!.read(vm);
      if (owned?.record.host !== this.name || owned.record.epoch !== epoch) return true;
      return (await this.#ownership!.release(owned)).kind !== 'unknown';
    } catch (error) {
      if (!hasCode(error, 'RUNTIME_TIMEOUT', 'RUNTIME_NO_RESPONDER')) throw error;
      this.#options.log.warn('the store does not answer; the end of a VM is not recorded yet', { vm, error });
      return false;
    }
  }

  #resident(vm: string): ResidentVm {
    const resident = this.#poweredHost().residents.get(vm);
    if (resident === undefined) throw hostErrors.create('HOST_VM_NOT_HERE', { vm, host: this.name });
    return resident;
  }

  #refuseLeaving(resident: ResidentVm): void {
    if (resident.leaving === undefined) return;
    throw hostErrors.create('HOST_VM_BUSY', { vm: resident.name, migration: resident.leaving });
  }

  // ---- telemetry ----

  async #followConfiguration(): Promise<void> {
    const bucket = await this.#ports.store.bucket(BUCKET_CLUSTER);
    const subscription = await bucket.watch((change) => {
      if (change.kind !== 'put' || change.entry.key !== KEY_CONFIGURATION) return;
      this.#telemetryIntervalNs = clusterConfigurationCodec.decode(change.entry.value).telemetryIntervalNs;
      this.#scheduleTelemetry();
    });
    this.#subscriptions.push(subscription);
  }

  #scheduleTelemetry(): void {
    this.#telemetryTimer?.cancel();
    const { clock } = this.#ports;
    const nextNs = (Math.floor(clock.now() / this.#telemetryIntervalNs) + 1) * this.#telemetryIntervalNs;
    this.#telemetryTimer = clock.at(nextNs, () => {
      this.#publishTelemetry();
      this.#scheduleTelemetry();
    });
  }

  #publishTelemetry(): void {
    const host = this.#powered;
    const publish = (
      busyNs: number,
      vms: ReturnType<ResidentVm['takeTelemetry']>[],
      committedBytes: number,
      lagNs: number,
    ): void => {
      const { specification } = this.#options;
      const { cpus, instructionsPerSecond, memoryBytes } = specification;
      const timeNs = this.#ports.clock.now();
      const intervalNs = timeNs - this.#reportedNs;
      this.#reportedNs = timeNs;
      this.#sequence += 1;
      const telemetry = {
        ...{ host: this.name, incarnation: this.#incarnation, sequence: this.#sequence, timeNs, intervalNs },
        ...{ power: this.#power, cpus, instructionsPerSecond, memoryBytes, committedBytes, busyNs, lagNs, vms },
      };
      this.#ports.transport.publish(subjects.hostTelemetry(this.name), hostTelemetryCodec.encode(telemetry));
    };
    if (host === undefined) {
      publish(0, [], 0, 0);
      return;
    }
    const measured = host.loop.atBoundary(() => {
      const vms = [...host.residents.values()].map((resident) => resident.takeTelemetry());
      publish(host.takeBusyNs(), vms, host.committedBytes, host.loop.takeLagNs());
    });
    this.#watched(measured);
  }

  // ---- plumbing ----

  #incomingSurroundings() {
    return {
      hostName: this.name,
      clock: this.#ports.clock,
      ownership: this.#ownership!,
      log: this.#options.log,
      poweredHost: () => this.#poweredHost(),
      arrived: (resident: ResidentVm) => this.#announceConsole(resident),
    };
  }

  /** Work that nobody awaits: what it can meet is handled inside it, so a rejection is a failure of the host. */
  #watched(work: Promise<unknown>): void {
    work.catch(this.#options.onFailure);
  }
}

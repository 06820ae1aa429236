// Watches the cluster, asks the policy, carries out what it decides: observe → forecast → plan → admit → act (DESIGN, "The scheduler"), once
// per scheduling interval. Between two intervals it only listens. It knows nothing that the store, telemetry and events
// would not tell it again after a restart, except the policy's memory, which is learned anew.

import { Ownership } from '../../shared/cluster/mod.ts';
import {
  type Action,
  type Decision,
  explain,
  loadPolicyFile,
  type Policy,
  type PolicyEntry,
  preparePolicy,
} from '../../shared/policies/mod.ts';
import {
  BUCKET_CLUSTER,
  BUCKET_OWNERS,
  type ClusterConfiguration,
  type ClusterEvent,
  clusterConfigurationCodec,
  clusterEventCodec,
  EventWriter,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  subjects,
} from '../../shared/protocol/mod.ts';
import {
  CodedError,
  type Entry,
  hasCode,
  type Logger,
  type Message,
  type ServicePorts,
  type Subscription,
  type Timer,
} from '../../shared/runtime/mod.ts';
import { ClusterView } from './cluster-view.ts';
import { HostRequests } from './host-requests.ts';
import { Migrations, type MigrationTimes } from './migrations.ts';
import { OperatorDesk } from './operator-desk.ts';
import { patiently } from './patiently.ts';
import { PowerSwitch } from './power-switch.ts';
import { VmStarter } from './vm-starter.ts';

export type SchedulerPorts = Pick<ServicePorts, 'clock' | 'random' | 'transport' | 'store'>;

export interface SchedulerOptions {
  readonly log: Logger;
  /** A failure after which the scheduler cannot be trusted. */
  readonly onFailure: (error: unknown) => void;
  /** Finds the policy of a file. Where time is virtual, files are read before; the default loads them. */
  readonly loadPolicy?: (path: string) => Promise<PolicyEntry>;
}

export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #options: SchedulerOptions;
  readonly #events: EventWriter;
  readonly #view: ClusterView;
  readonly #requests: HostRequests;
  readonly #migrations: Migrations;
  readonly #power: PowerSwitch;
  readonly #desk: OperatorDesk;
  readonly #subscriptions: Subscription[] = [];
  /** VMs that were asked for at some time. */
  readonly #wanted = new Set<string>();
  /** By VM: what was last said about its waiting, so that it is said once. */
  readonly #waiting = new Map<string, string>();
  #starter: VmStarter | undefined;
  #configuration: ClusterConfiguration | undefined;
  /** The last configuration that was heard of; its policy may still be loaded. */
  #heard: ClusterConfiguration | undefined;
  #policy: Policy | undefined;
  #memory: unknown;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(ports: SchedulerPorts, options: SchedulerOptions) {
    const { clock, transport } = ports;
    this.#ports = ports;
    this.#options = options;
    this.#events = new EventWriter(clock, transport, 'scheduler');
    this.#view = new ClusterView(clock, this.#events, options.log);
    this.#requests = new HostRequests(clock, transport);
    const watch = (work: Promise<void>) => this.#watched(work);
    this.#migrations = new Migrations(this.#view, clock, this.#events, this.#requests, watch);
    this.#power = new PowerSwitch(this.#view, clock, this.#events, this.#requests, watch);
    this.#desk = new OperatorDesk(this.#view, this.#migrations, this.#power, this.#events, () => this.#times);
  }

  async start(): Promise<void> {
    const { clock, transport, store } = this.#ports;
    const ownership = new Ownership(await patiently(clock, () => store.bucket(BUCKET_OWNERS)));
    const watch = (work: Promise<void>) => this.#watched(work);
    this.#starter = new VmStarter(this.#view, clock, this.#events, this.#requests, ownership, watch);
    this.#subscriptions.push(
      transport.subscribe(subjects.allTelemetry, (message) => this.#heed(message, (m) => this.#onTelemetry(m))),
      transport.subscribe(subjects.allEvents, (message) => this.#heed(message, (m) => this.#onEvent(m))),
      transport.subscribe(subjects.schedulerCommand, (message) => this.#watched(this.#desk.serve(message))),
    );
    await this.#view.start(store);
    const bucket = await patiently(clock, () => store.bucket(BUCKET_CLUSTER));
    const watchConfiguration = () =>
      bucket.watch((change) => {
        if (change.kind === 'put' && change.entry.key === KEY_CONFIGURATION) this.#configure(change.entry);
      });
    this.#subscriptions.push(await patiently(clock, watchConfiguration));
  }

  /** Leaves hosts and VMs as they are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#view.stop();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  // ---- what it hears ----

  #onTelemetry(message: Message): void {
    const telemetry = hostTelemetryCodec.decode(message.payload);
    this.#view.report(telemetry);
    this.#power.hold(this.#view.state.hostIndex(telemetry.host)!);
  }

  #onEvent(message: Message): void {
    const event: ClusterEvent = clusterEventCodec.decode(message.payload);
    if (event.kind === 'migration.ended') this.#migrations.noteEnded(event.report, this.#intervalNs);
    if (event.kind === 'migration.started' && this.#times !== undefined) {
      this.#migrations.noteStarted(event, this.#times);
    }
    if (event.kind === 'vm.stopped') {
      const vm = this.#view.state.vmIndex(event.vm);
      if (vm !== undefined && event.epoch >= this.#view.state.vms.epoch[vm]!) this.#view.observer.stopped(vm);
    }
  }

  /** What another version sends, or somebody else, is not a reason to stop. */
  #heed(message: Message, handle: (message: Message) => void): void {
    try {
      handle(message);
    } catch (error) {
      if (!hasCode(error, 'PROTOCOL_BAD_MESSAGE')) throw error;
      this.#options.log.warn('a message was not understood', { subject: message.subject, error });
    }
  }

  #configure(entry: Entry): void {
    try {
      const configuration = clusterConfigurationCodec.decode(entry.value);
      this.#heard = configuration;
      const { name, file, arguments: given } = configuration.policy;
      if (file === undefined) this.#adopt(configuration, preparePolicy(name, given));
      else this.#watched(this.#configureFromFile(configuration, file));
    } catch (error) {
      this.#refuseConfiguration(error);
    }
  }

  async #configureFromFile(configuration: ClusterConfiguration, file: string): Promise<void> {
    try {
      const entry = await (this.#options.loadPolicy ?? loadPolicyFile)(file);
      // Another one may have come while the file was read.
      if (this.#stopped || this.#heard !== configuration) return;
      this.#adopt(configuration, entry.prepare(configuration.policy.arguments));
    } catch (error) {
      this.#refuseConfiguration(error);
    }
  }

  #refuseConfiguration(error: unknown): void {
    if (!(error instanceof CodedError)) throw error;
    const keeps = this.#policy === undefined ? 'nothing is done until it is mended' : 'the former one stays';
    const why = `${error.message}; ${keeps}`;
    this.#events.write({ kind: 'scheduler.failed', what: 'reading the cluster configuration', why });
  }

  #adopt(configuration: ClusterConfiguration, policy: Policy): void {
    const isOther = JSON.stringify(configuration.policy) !== JSON.stringify(this.#configuration?.policy);
    this.#configuration = configuration;
    if (isOther) {
      this.#policy = policy;
      this.#memory = policy.begin();
      const why = 'the cluster configuration names it';
      this.#events.write({ kind: 'scheduler.decided', decision: 'policy', subject: policy.name, why });
    }
    this.#schedule();
  }

  get #intervalNs(): number {
    return this.#configuration?.schedulingIntervalNs ?? 0;
  }

  get #times(): MigrationTimes | undefined {
    if (this.#configuration === undefined) return undefined;
    return { limits: this.#configuration.migration, intervalNs: this.#configuration.schedulingIntervalNs };
  }

  // ---- what it does ----

  /**
   * Hosts report at whole multiples of the telemetry interval. The scheduler looks half of one later, so that reports have arrived
   * and figures are as fresh as they can be.
   */
  #schedule(): void {
    const { schedulingIntervalNs, telemetryIntervalNs } = this.#configuration!;
    const offsetNs = Math.floor(Math.min(schedulingIntervalNs, telemetryIntervalNs) / 2);
    const { clock } = this.#ports;
    this.#timer?.cancel();
    const count = Math.floor((clock.now() - offsetNs) / schedulingIntervalNs) + 1;
    this.#timer = clock.at(count * schedulingIntervalNs + offsetNs, () => {
      if (this.#stopped) return;
      this.#step();
      this.#schedule();
    });
  }

  #step(): void {
    const { schedulingIntervalNs: intervalNs, telemetryIntervalNs } = this.#configuration!;
    this.#view.settle(Math.max(intervalNs, telemetryIntervalNs));
    this.#migrations.expire(intervalNs);
    for (const vm of this.#view.specifications.keys()) this.#wanted.add(vm);
    this.#starter!.retire(this.#wanted);
    this.#starter!.resume(intervalNs);
    const decision = this.#decide();
    if (decision === undefined) return;
    this.#memory = decision.memory;
    for (const action of decision.actions) this.#carryOut(action, intervalNs);
    this.#view.observer.beginWindow();
  }

  /** A user's policy can fail; then nothing that it remembers is to be trusted. */
  #decide(): Decision<unknown> | undefined {
    try {
      return this.#policy!.decide(this.#view.state, this.#memory, this.#ports.random);
    } catch (error) {
      if (!hasCode(error, 'POLICY_BAD_FILE')) throw error;
      this.#options.onFailure(error);
      return undefined;
    }
  }

  #carryOut(action: Action, intervalNs: number): void {
    const { state } = this.#view;
    const why = explain(action, state);
    switch (action.kind) {
      case 'place': {
        const vm = state.vms.names[action.vm]!;
        this.#waiting.delete(vm);
        this.#decided('place', vm, why);
        this.#starter!.place(action.vm, action.to, why, intervalNs);
        return;
      }
      case 'migrate':
        this.#decided('migrate', state.vms.names[action.vm]!, why);
        this.#watched(this.#migrations.begin(action.vm, action.to, why, this.#times!).then(() => undefined));
        return;
      case 'wake':
        if (!this.#power.isReady(action.host)) return;
        this.#decided('wake', this.#view.hostName(action.host), why);
        this.#power.wake(action.host, why, intervalNs);
        return;
      case 'standby':
        if (!this.#power.isReady(action.host)) return;
        this.#decided('standby', this.#view.hostName(action.host), why);
        this.#power.standby(action.host, why, intervalNs);
        return;
      case 'wait':
        this.#letWait(action.vm, action.reason.kind, why);
        return;
    }
  }

  /** Says once why a VM waits; that there is no room for it at all is a refusal. */
  #letWait(index: number, kind: string, why: string): void {
    // A host that has joined speaks soon: nothing to tell anybody yet.
    const startHost = this.#view.state.vms.startHost[index]!;
    if (kind === 'start-host-unusable' && this.#view.isAwaited(startHost)) return;
    const vm = this.#view.state.vms.names[index]!;
    if (this.#waiting.get(vm) === kind) return;
    this.#waiting.set(vm, kind);
    if (kind === 'no-memory' || kind === 'start-host-full') this.#events.write({ kind: 'vm.refused', vm, why });
    else this.#decided('wait', vm, why);
  }

  #decided(decision: string, subject: string, why: string): void {
    this.#events.write({ kind: 'scheduler.decided', decision, subject, why });
  }

  /** Work that nobody awaits. What it can meet is handled inside it; a rejection is a failure of the scheduler. */
  #watched(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#stopped && hasCode(error, 'RUNTIME_CLOSED')) return;
      this.#options.onFailure(error);
    });
  }
}

// The cluster as the API has seen it: it listens to store, telemetry and events like anyone else, and asks nobody when it is asked.

import {
  ClusterState,
  compareNames,
  footprintBytes,
  HostState,
  NONE,
  TelemetryObserver,
  VmPhase,
} from '../../shared/cluster/mod.ts';
import {
  BUCKET_CLUSTER,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  BUCKET_VMS,
  clusterConfigurationCodec,
  clusterEventCodec,
  hostRecordCodec,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  ownerRecordCodec,
  subjects,
  type VmSpecification,
  vmSpecificationCodec,
} from '../../shared/protocol/mod.ts';
import {
  type Entry,
  hasCode,
  type Logger,
  NS_PER_S,
  type ServicePorts,
  type Subscription,
} from '../../shared/runtime/mod.ts';
import { EventFeed } from './event-feed.ts';
import { MigrationHistory } from './migration-history.ts';
import type { HostView, StateView, VmView } from './views.ts';

const HOST_STATES = { [HostState.on]: 'on', [HostState.standby]: 'standby', [HostState.waking]: 'waking' } as const;
const VM_PHASES = {
  [VmPhase.pending]: 'pending',
  [VmPhase.starting]: 'starting',
  [VmPhase.running]: 'running',
  [VmPhase.paused]: 'paused',
  [VmPhase.missing]: 'missing',
  [VmPhase.stopped]: 'stopped',
} as const;

/** As the scheduler sees it: so many missed reports, and a host is lost. */
const SILENT_INTERVALS_MAX = 3;

export type MirrorPorts = Pick<ServicePorts, 'clock' | 'transport' | 'store'>;

export class ClusterMirror {
  readonly migrations = new MigrationHistory();
  readonly events = new EventFeed();
  readonly #ports: MirrorPorts;
  readonly #log: Logger;
  readonly #state = new ClusterState();
  readonly #observer = new TelemetryObserver(this.#state);
  readonly #specifications = new Map<string, VmSpecification>();
  readonly #heardNs = new Map<number, number>();
  /** By host index, of its last report. */
  readonly #strains = new Map<number, Pick<HostView, 'steal' | 'lagNs'>>();
  readonly #subscriptions: Subscription[] = [];
  #policy: string | null = null;
  #telemetryIntervalNs = NS_PER_S;

  constructor(ports: MirrorPorts, log: Logger) {
    this.#ports = ports;
    this.#log = log;
  }

  async start(): Promise<void> {
    const { transport } = this.#ports;
    this.#subscriptions.push(
      transport.subscribe(subjects.allTelemetry, ({ payload }) =>
        this.#read('telemetry', () => this.#onReport(payload)),
      ),
      transport.subscribe(subjects.allEvents, ({ payload }) => {
        this.#read('event', () => {
          const event = clusterEventCodec.decode(payload);
          this.migrations.note(event);
          this.events.note(event);
        });
      }),
    );
    await this.#follow(BUCKET_CLUSTER, (entry) => this.#onConfiguration(entry));
    await this.#follow(BUCKET_HOSTS, (entry) => this.#onHost(entry));
    await this.#follow(
      BUCKET_VMS,
      (entry) => this.#onVm(entry),
      (vm) => this.#specifications.delete(vm),
    );
    await this.#follow(BUCKET_OWNERS, (entry) => this.#observer.observeOwner(ownerRecordCodec.decode(entry.value)));
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  state(): StateView {
    const hosts = { on: 0, standby: 0, waking: 0, lost: 0 };
    for (const { power } of this.hosts()) hosts[power] += 1;
    const vms = { pending: 0, starting: 0, running: 0, paused: 0, missing: 0, stopped: 0 };
    for (const { phase } of this.vms()) vms[phase] += 1;
    const timeNs = this.#ports.clock.now();
    return { timeNs, policy: this.#policy, hosts, vms, migrations: this.migrations.counts() };
  }

  /** By name. */
  hosts(): HostView[] {
    const views: HostView[] = [];
    for (const host = this.#state.hostCursor(); host.next(); ) {
      const heardNs = this.#heardNs.get(host.index) ?? null;
      const silentNs = heardNs === null ? Infinity : this.#ports.clock.now() - heardNs;
      const isLost = silentNs > SILENT_INTERVALS_MAX * this.#telemetryIntervalNs;
      const power = isLost ? 'lost' : (HOST_STATES[host.state as keyof typeof HOST_STATES] ?? 'lost');
      const { name, cpus, instructionsPerSecond, memoryBytes, committedBytes, utilisation } = host;
      const vms: string[] = [];
      for (const vm = this.#state.vmCursor().on(host.index); vm.next(); ) vms.push(vm.name);
      views.push({
        ...{ host: name, power, cpus, instructionsPerSecond, memoryBytes, committedBytes, utilisation },
        ...(this.#strains.get(host.index) ?? { steal: 0, lagNs: 0 }),
        ...{ vms: vms.sort(compareNames), heardNs },
      });
    }
    return views.sort((a, b) => compareNames(a.host, b.host));
  }

  /** By name. Those that were asked for, and those that run all the same. */
  vms(): VmView[] {
    const { hosts } = this.#state;
    const views: VmView[] = [];
    for (const vm = this.#state.vmCursor(); vm.next(); ) {
      const specification = this.#specifications.get(vm.name);
      const phase = VM_PHASES[vm.phase as keyof typeof VM_PHASES];
      if (specification === undefined && vm.host === NONE) continue;
      const speed = vm.host === NONE ? 0 : hosts.instructionsPerSecond[vm.host]!;
      const share = (instructionsPerSecond: number) => (speed === 0 ? 0 : instructionsPerSecond / speed);
      views.push({
        ...{ vm: vm.name, image: specification?.image ?? null, phase, epoch: vm.epoch },
        ...{ host: vm.host === NONE ? null : hosts.names[vm.host]!, memoryBytes: specification?.memoryBytes ?? null },
        ...{ run: share(vm.run), steal: share(vm.steal), dirtyBytesPerSecond: vm.dirtyBytesPerSecond },
        migratingTo: this.migrations.destinationOf(vm.name) ?? null,
      });
    }
    return views.sort((a, b) => compareNames(a.vm, b.vm));
  }

  // ---- what it hears ----

  #onReport(payload: Uint8Array): void {
    const report = hostTelemetryCodec.decode(payload);
    const host = this.#observer.observe(report);
    if (host === undefined) return;
    const stealNs = report.vms.reduce((sum, vm) => sum + vm.stealNs, 0);
    this.#strains.set(host, { steal: stealNs / Math.max(1, report.intervalNs), lagNs: report.lagNs });
    this.#heardNs.set(host, this.#ports.clock.now());
    // Figures are those of the last report alone.
    this.#observer.beginWindow();
  }

  #onConfiguration(entry: Entry): void {
    if (entry.key !== KEY_CONFIGURATION) return;
    const { policy, telemetryIntervalNs } = clusterConfigurationCodec.decode(entry.value);
    this.#policy = policy.name;
    this.#telemetryIntervalNs = telemetryIntervalNs;
  }

  #onHost(entry: Entry): void {
    const { host, specification } = hostRecordCodec.decode(entry.value);
    const index = this.#state.hostIndex(host) ?? this.#state.addHost(host, specification, HostState.lost);
    this.#state.shapeHost(index, specification);
  }

  #onVm(entry: Entry): void {
    const specification = vmSpecificationCodec.decode(entry.value);
    this.#specifications.set(specification.vm, specification);
    const bytes = footprintBytes(specification);
    const vm = this.#state.vmIndex(specification.vm);
    if (vm === undefined) this.#state.addVm(specification.vm, bytes);
    else this.#state.setVmMemory(vm, bytes);
  }

  // ---- plumbing ----

  async #follow(name: string, put: (entry: Entry) => void, removed?: (key: string) => void): Promise<void> {
    const bucket = await this.#ports.store.bucket(name);
    const subscription = await bucket.watch((change) => {
      if (change.kind === 'put') this.#read(`${name}/${change.entry.key}`, () => put(change.entry));
      else removed?.(change.key);
    });
    this.#subscriptions.push(subscription);
  }

  /** What another version writes is logged and left out. */
  #read(what: string, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!hasCode(error, 'PROTOCOL_BAD_MESSAGE')) throw error;
      this.#log.warn('not understood', { what, error });
    }
  }
}

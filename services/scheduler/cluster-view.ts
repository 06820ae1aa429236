// What the scheduler knows: wishes and owners from the store, loads and power from telemetry, brought together in one ClusterState.
// All of it comes back after a restart: nothing here is known to the scheduler alone.

import {
  ClusterState,
  footprintBytes,
  HostState,
  hostCalled,
  NONE,
  TelemetryObserver,
  VmPhase,
  vmCalled,
} from '../../shared/cluster/mod.ts';
import {
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  BUCKET_VMS,
  type EventWriter,
  type HostRecord,
  type HostTelemetry,
  hostRecordCodec,
  type OwnerRecord,
  ownerRecordCodec,
  type VmSpecification,
  vmSpecificationCodec,
} from '../../shared/protocol/mod.ts';
import {
  type Bucket,
  type Clock,
  type Entry,
  type Logger,
  NS_PER_S,
  type Store,
  type Subscription,
} from '../../shared/runtime/mod.ts';
import { patiently } from './patiently.ts';

/** Chosen: a host that misses so many intervals is lost; a VM that its host does not list for so long is gone. */
const SILENT_INTERVALS_MAX = 3;

export class ClusterView {
  readonly state = new ClusterState();
  readonly observer = new TelemetryObserver(this.state);
  /** VMs that are asked for. */
  readonly specifications = new Map<string, VmSpecification>();
  readonly hosts = new Map<string, HostRecord>();
  readonly #clock: Clock;
  readonly #events: EventWriter;
  readonly #log: Logger;
  readonly #owners = new Map<string, OwnerRecord>();
  /** By host index: when it was last heard of. */
  readonly #heardNs = new Map<number, number>();
  readonly #lost = new Set<number>();
  /** By VM name: since when its host does not list it. */
  readonly #missingSinceNs = new Map<string, number>();
  readonly #revisions = new Map<string, number>();
  readonly #subscriptions: Subscription[] = [];

  constructor(clock: Clock, events: EventWriter, log: Logger) {
    this.#clock = clock;
    this.#events = events;
    this.#log = log;
  }

  /** Reads what the store holds, then follows it. A VM with a released record has ended; it is not started again. */
  async start(store: Store): Promise<void> {
    const buckets = {
      owners: await patiently(this.#clock, () => store.bucket(BUCKET_OWNERS)),
      hosts: await patiently(this.#clock, () => store.bucket(BUCKET_HOSTS)),
      vms: await patiently(this.#clock, () => store.bucket(BUCKET_VMS)),
    };
    const onOwner = (entry: Entry) => this.#putOwner(ownerRecordCodec.decode(entry.value));
    const onHost = (entry: Entry) => this.#putHost(hostRecordCodec.decode(entry.value));
    await this.#read(buckets.owners, BUCKET_OWNERS, onOwner);
    await this.#read(buckets.hosts, BUCKET_HOSTS, onHost);
    await this.#read(buckets.vms, BUCKET_VMS, (entry) => this.#putVm(vmSpecificationCodec.decode(entry.value), false));
    await this.#follow(buckets.owners, BUCKET_OWNERS, onOwner, (vm) => this.#owners.delete(vm));
    await this.#follow(buckets.hosts, BUCKET_HOSTS, onHost, (host) => this.hosts.delete(host));
    await this.#follow(
      buckets.vms,
      BUCKET_VMS,
      (entry) => this.#putVm(vmSpecificationCodec.decode(entry.value), true),
      (vm) => this.specifications.delete(vm),
    );
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  owner(vm: string): OwnerRecord | undefined {
    return this.#owners.get(vm);
  }

  hostName(host: number): string {
    return this.state.hosts.names[host]!;
  }

  report(telemetry: HostTelemetry): void {
    const host = this.observer.observe(telemetry);
    if (host === undefined) return;
    this.#heardNs.set(host, this.#clock.now());
    if (!this.#lost.delete(host)) return;
    const why = 'it sends telemetry again';
    this.#events.write({ kind: 'scheduler.decided', decision: 'use', subject: telemetry.host, why });
  }

  /** Whether a host has joined and not spoken yet. */
  isAwaited(host: number): boolean {
    return this.hosts.has(this.hostName(host)) && !this.#heardNs.has(host);
  }

  /** What follows from silence. To be called once per scheduling interval. */
  settle(intervalNs: number): void {
    const now = this.#clock.now();
    this.state.timeNs = now;
    this.state.forbidden.expire(now);
    this.#findLostHosts(now, SILENT_INTERVALS_MAX * intervalNs);
    this.#dropMissingVms(now, SILENT_INTERVALS_MAX * intervalNs);
  }

  /** Forgets a VM that is neither asked for nor anywhere. */
  forget(vm: string): void {
    const index = this.state.vmIndex(vm);
    if (index !== undefined) this.state.removeVm(index);
    this.#missingSinceNs.delete(vm);
  }

  /** Puts a VM among those that wait to be placed. */
  letWait(vm: number): void {
    this.state.unplace(vm);
    this.state.setVmPhase(vm, VmPhase.pending);
  }

  // ---- the store ----

  async #read(bucket: Bucket, name: string, put: (entry: Entry) => void): Promise<void> {
    for (const entry of await patiently(this.#clock, () => bucket.entries())) this.#take(name, entry, put);
  }

  async #follow(
    bucket: Bucket,
    name: string,
    put: (entry: Entry) => void,
    removed: (key: string) => void,
  ): Promise<void> {
    const watch = () =>
      bucket.watch((change) => {
        if (change.kind === 'put') this.#take(name, change.entry, put);
        else if (this.#isNews(name, change.key, change.revision)) removed(change.key);
      });
    const subscription = await patiently(this.#clock, watch);
    this.#subscriptions.push(subscription);
  }

  /** One entry that cannot be read must not keep the scheduler from all the others. */
  #take(name: string, entry: Entry, put: (entry: Entry) => void): void {
    if (!this.#isNews(name, entry.key, entry.revision)) return;
    try {
      put(entry);
    } catch (error) {
      const why = (error as Error).message;
      this.#log.error('an entry of the store is not usable', { bucket: name, key: entry.key, error });
      this.#events.write({ kind: 'scheduler.failed', what: `reading ${name}/${entry.key}`, why });
    }
  }

  #isNews(name: string, key: string, revision: number): boolean {
    const path = `${name}/${key}`;
    if (revision <= (this.#revisions.get(path) ?? 0)) return false;
    this.#revisions.set(path, revision);
    return true;
  }

  #putOwner(record: OwnerRecord): void {
    this.#owners.set(record.vm, record);
    if (!this.hosts.has(record.host)) this.#hostIndex(record.host);
    this.observer.observeOwner(record);
  }

  #putHost(record: HostRecord): void {
    const { host, specification } = record;
    this.hosts.set(host, record);
    const index = this.#hostIndex(host);
    this.state.shapeHost(index, specification);
    this.state.setPowerModel(index, specification.power);
  }

  /** A host that somebody speaks of; `lost` until it speaks itself. */
  #hostIndex(name: string): number {
    const nothing = { cpus: 0, instructionsPerSecond: 0, memoryBytes: 0 };
    return this.state.hostIndex(name) ?? this.state.addHost(name, nothing, HostState.lost);
  }

  /** `isWish`: somebody writes it now, so a VM that has ended is to start again. */
  #putVm(specification: VmSpecification, isWish: boolean): void {
    const { vm: name, pinnedTo } = specification;
    const { state } = this;
    const isKnown = this.specifications.has(name);
    this.specifications.set(name, specification);
    const bytes = footprintBytes(specification);
    let vm = state.vmIndex(name);
    if (vm === undefined) vm = state.addVm(name, bytes);
    else state.setVmMemory(vm, bytes);
    state.vms.reservation[vm] = specification.cpu?.reservation ?? 0;
    state.vms.startHost[vm] = pinnedTo === undefined ? NONE : this.#hostIndex(pinnedTo);
    const record = this.#owners.get(name);
    if (record === undefined) return;
    const isOver = record.released === true;
    if (!isKnown || isOver) this.observer.observeOwner(record);
    if (isWish && isOver && state.vms.phase[vm] === VmPhase.stopped) this.letWait(vm);
  }

  // ---- silence ----

  #findLostHosts(now: number, limitNs: number): void {
    for (const [host, heardNs] of this.#heardNs) {
      if (now - heardNs <= limitNs || this.#lost.has(host)) continue;
      this.#lost.add(host);
      this.state.setHostState(host, HostState.lost);
      const why = `it has sent no telemetry for ${Math.round((now - heardNs) / NS_PER_S)} s`;
      this.#events.write({ kind: 'host.lost', host: this.hostName(host), why });
    }
  }

  #dropMissingVms(now: number, limitNs: number): void {
    const { state } = this;
    if (state.vmCounts[VmPhase.missing] === 0) {
      this.#missingSinceNs.clear();
      return;
    }
    const missing: number[] = [];
    for (const vm = state.vmCursor(); vm.next(); ) {
      if (vm.phase === VmPhase.missing && vm.host !== NONE) missing.push(vm.index);
      else this.#missingSinceNs.delete(vm.name);
    }
    for (const vm of missing) {
      const name = state.vms.names[vm]!;
      const sinceNs = this.#missingSinceNs.get(name) ?? now;
      this.#missingSinceNs.set(name, sinceNs);
      if (now - sinceNs <= limitNs) continue;
      this.#missingSinceNs.delete(name);
      const host = this.hostName(state.vms.host[vm]!);
      state.unplace(vm);
      if (!this.specifications.has(name)) {
        // It was stopped for good; this was a late report of it.
        state.removeVm(vm);
        continue;
      }
      const why = `${hostCalled(host)}, its owner, does not list it any more`;
      this.#events.write({ kind: 'scheduler.failed', what: `keeping sight of ${vmCalled(name)}`, why });
    }
  }
}

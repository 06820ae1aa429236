// Performs a scenario on a cluster, replayed or live: writes what is wished for to the store, waits until hosts and VMs are there, types
// the load, performs the events, watches, and judges. It knows the cluster only by the ports, so both modes take the same way.

import {
  BUCKET_CLUSTER,
  BUCKET_VMS,
  type ClusterEvent,
  clusterConfigurationCodec,
  clusterEventCodec,
  type EventBody,
  type HostTelemetry,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  subjects,
  vmSpecificationCodec,
} from '../protocol/mod.ts';
import {
  type Clock,
  hasCode,
  NS_PER_S,
  type Random,
  type Store,
  type Subscription,
  type Transport,
} from '../runtime/mod.ts';
import { DeedPerformer } from './deed-performer.ts';
import { scenarioErrors } from './errors.ts';
import { EventLog } from './event-log.ts';
import { loadLines } from './load-lines.ts';
import { Observation } from './observation.ts';
import { Requests } from './requests.ts';
import type { Progress, ScenarioResult } from './result.ts';
import type { Mode, Scenario } from './scenario.ts';
import { summarise } from './summary.ts';
import { Typist } from './typist.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Chosen: cluster time for hosts to join and VMs to start; a live caller gives more when its clock runs fast. */
const JOIN_LIMIT_NS = 60 * NS_PER_S;
const START_LIMIT_NS = 60 * NS_PER_S;
/** Chosen: an event is written so long after it happened; none takes longer to come. */
const LOG_SLACK_NS = 5 * NS_PER_S;
/** Chosen: what happened before the end may come so long after it. */
const AFTERGLOW_NS = NS_PER_S;

export interface ConductorPorts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly store: Store;
  readonly random: Random;
}

/** Where a run is written to. */
export interface RunSink {
  /** One line of events.ndjson, with its line feed. */
  event(line: string): void;
  telemetry(telemetry: HostTelemetry, atNs: number): void;
}

export interface ConductorOptions {
  readonly mode: Mode;
  /** Recorded; what is random comes from the ports. */
  readonly seed: number;
  /** Of the clock, live: nanoseconds of cluster time per nanosecond. */
  readonly speed?: number;
  readonly joinLimitNs?: number;
  readonly startLimitNs?: number;
  readonly sink?: RunSink;
  /** Once per telemetry interval, and at the ends of phases. */
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export class Conductor {
  readonly #ports: ConductorPorts;
  readonly #scenario: Scenario;
  readonly #options: ConductorOptions;
  readonly #observation: Observation;
  readonly #waitingRoom: WaitingRoom;
  readonly #log: EventLog;
  readonly #ending = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #subscriptions: Subscription[] = [];
  readonly #warnings: string[] = [];
  readonly #failures: unknown[] = [];
  #phase: Progress['phase'] = 'joining';
  #sequence = 0;

  constructor(ports: ConductorPorts, scenario: Scenario, options: ConductorOptions) {
    this.#ports = ports;
    this.#scenario = scenario;
    this.#options = options;
    this.#observation = new Observation(scenario);
    this.#waitingRoom = new WaitingRoom(ports.clock);
    this.#log = new EventLog((line) => options.sink?.event(line));
    const outside = options.signal === undefined ? [] : [options.signal];
    this.#stopped = AbortSignal.any([this.#ending.signal, ...outside]);
  }

  /** Begins to watch and writes the cluster's configuration. To be done before hosts start, so that none of their words is missed. */
  async prepare(): Promise<void> {
    const { transport, store } = this.#ports;
    this.#subscriptions.push(
      transport.subscribe(subjects.allEvents, (message) => {
        const event = clusterEventCodec.decode(message.payload);
        // Its own are in the log already.
        if (event.source !== 'scenario') this.#note(event);
      }),
      transport.subscribe(subjects.allTelemetry, (message) => this.#report(hostTelemetryCodec.decode(message.payload))),
    );
    const { configuration } = this.#scenario;
    const bucket = await store.bucket(BUCKET_CLUSTER);
    await bucket.put(
      KEY_CONFIGURATION,
      clusterConfigurationCodec.encode({ ...configuration, seed: this.#options.seed }),
    );
  }

  /** Rejects with SCENARIO_HOSTS_ABSENT or SCENARIO_STOPPED. */
  async run(): Promise<ScenarioResult> {
    try {
      await this.#join();
      await this.#startVms();
      await this.#perform();
      return this.#judge();
    } finally {
      this.#ending.abort();
      for (const subscription of this.#subscriptions) subscription.unsubscribe();
    }
  }

  // ---- phases ----

  async #join(): Promise<void> {
    const wanted = this.#scenario.hosts.length;
    const limitNs = this.#options.joinLimitNs ?? JOIN_LIMIT_NS;
    this.#progress();
    const all = () => this.#observation.joinedCount >= wanted;
    if (await this.#waitingRoom.until(all, limitNs, this.#stopped)) return;
    this.#throwIfStopped();
    const missing = this.#scenario.hosts.map(({ host }) => host).filter((host) => !this.#observation.hasJoined(host));
    throw scenarioErrors.create('SCENARIO_HOSTS_ABSENT', {
      present: wanted - missing.length,
      wanted,
      seconds: limitNs / NS_PER_S,
      missing: missing.join(', '),
    });
  }

  async #startVms(): Promise<void> {
    this.#phase = 'starting';
    this.#step(`${this.#scenario.hosts.length} hosts are there; ${this.#scenario.vms.length} VMs are wished for`);
    const bucket = await this.#ports.store.bucket(BUCKET_VMS);
    for (const vm of this.#scenario.vms) {
      this.#throwIfStopped();
      await bucket.put(vm.vm, vmSpecificationCodec.encode(vm));
    }
    this.#progress();
    const limitNs = this.#options.startLimitNs ?? START_LIMIT_NS;
    // Those that do not start are for the expectations.
    await this.#waitingRoom.until(() => this.#observation.vms.allSettled, limitNs, this.#stopped);
    this.#throwIfStopped();
  }

  async #perform(): Promise<void> {
    const { clock, random, store } = this.#ports;
    this.#phase = 'running';
    const beganNs = clock.now();
    this.#observation.begin(beganNs);
    this.#step('the scenario begins');
    const step = (what: string) => this.#step(what);
    const warn = (what: string) => this.#warn(what);
    const requests = new Requests(this.#ports, this.#stopped);
    const around = {
      ...{ requests, observation: this.#observation, step, warn },
      ...{ waitingRoom: this.#waitingRoom, signal: this.#stopped },
    };
    const watched = (work: Promise<void>) => this.#watched(work);
    const typist = new Typist({ ...around, watched });
    const performer = new DeedPerformer({ ...around, typist, store });
    const load = loadLines(this.#scenario, random.fork('load')).map(({ atNs, vm, line }) =>
      clock.at(beganNs + atNs, () => {
        if (!this.#stopped.aborted) typist.type(vm, line);
      }),
    );
    const deeds = this.#scenario.deeds.map(({ atNs, deed }) =>
      clock.at(beganNs + atNs, () => {
        if (!this.#stopped.aborted) this.#watched(performer.perform(deed));
      }),
    );
    try {
      this.#tick();
      const failed = () => this.#failures.length > 0;
      await this.#waitingRoom.until(failed, this.#scenario.durationNs, this.#stopped);
      this.#throwIfStopped();
      if (failed()) throw this.#failures[0];
      await clock.sleep(AFTERGLOW_NS);
      this.#throwIfStopped();
    } finally {
      // What is left when somebody interrupts would keep a live process waiting for its time.
      for (const timer of [...load, ...deeds]) timer.cancel();
    }
  }

  #judge(): ScenarioResult {
    this.#phase = 'done';
    // From here on nothing is repeated or typed, and what still comes is not part of the run.
    this.#ending.abort();
    const { mode, seed } = this.#options;
    const judged = summarise(this.#scenario, this.#observation, mode, this.#options.speed ?? 1);
    for (const { name, met, detail } of judged.expectations) {
      this.#write({ kind: 'scenario.expectation', name, met, detail }, this.#observation.endNs);
    }
    const eventsSha256 = this.#log.close();
    this.#progress();
    const losses = this.#log.missing === 0 ? [] : [`${this.#log.missing} events were lost on their way`];
    return {
      scenario: this.#scenario.name,
      mode,
      seed,
      ...judged,
      eventsSha256,
      eventCount: this.#log.count,
      warnings: [...judged.warnings, ...losses, ...this.#warnings],
    };
  }

  // ---- what is seen and said ----

  #note(event: ClusterEvent): void {
    if (this.#phase === 'done' || event.timeNs > this.#observation.endNs) return;
    this.#log.add(event);
    this.#observation.note(event);
    this.#waitingRoom.look();
  }

  #report(telemetry: HostTelemetry): void {
    if (this.#phase === 'done' || telemetry.timeNs > this.#observation.endNs) return;
    this.#observation.report(telemetry);
    this.#options.sink?.telemetry(telemetry, this.#observation.atNs(telemetry.timeNs));
    this.#waitingRoom.look();
  }

  #tick(): void {
    const { clock } = this.#ports;
    clock.at(clock.now() + this.#scenario.configuration.telemetryIntervalNs, () => {
      if (this.#stopped.aborted || this.#phase === 'done') return;
      this.#log.settle(clock.now() - LOG_SLACK_NS);
      this.#progress();
      this.#tick();
    });
  }

  #step(what: string): void {
    this.#write({ kind: 'scenario.step', what }, this.#ports.clock.now());
  }

  #warn(what: string): void {
    const at = Math.round(this.#observation.atNs(this.#ports.clock.now()) / NS_PER_S);
    this.#warnings.push(`at ${at} s: ${what}`);
    this.#step(what);
  }

  #write(body: EventBody, timeNs: number): void {
    if (timeNs > this.#observation.endNs) return;
    this.#sequence += 1;
    const event = { timeNs, source: 'scenario', sequence: this.#sequence, ...body } as ClusterEvent;
    this.#log.add(event);
    this.#observation.note(event);
    this.#ports.transport.publish(subjects.event(event.kind), clusterEventCodec.encode(event));
  }

  #progress(): void {
    const { migrations, underWayCount, hostsOn, vms } = this.#observation;
    const count = (outcome: string) => migrations.filter(({ report }) => report.outcome === outcome).length;
    this.#options.onProgress?.({
      phase: this.#phase,
      timeNs: Math.min(this.#observation.atNs(this.#ports.clock.now()), this.#scenario.durationNs),
      durationNs: this.#scenario.durationNs,
      hostsOn: hostsOn.count,
      hosts: this.#scenario.hosts.length,
      vmsRunning: vms.runningCount,
      vmsEnded: vms.endedCount,
      vms: this.#scenario.vms.length,
      migrationsUnderWay: underWayCount,
      migrationsCompleted: count('completed'),
      migrationsFailed: count('failed'),
    });
  }

  // ---- plumbing ----

  #throwIfStopped(): void {
    if (this.#options.signal?.aborted) throw scenarioErrors.create('SCENARIO_STOPPED', {}, this.#options.signal.reason);
  }

  /** Work that nobody awaits; what is not a refusal ends the run. After the end of the run the ports may be closed. */
  #watched(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#stopped.aborted && hasCode(error, 'RUNTIME_CLOSED')) return;
      this.#failures.push(error);
      this.#waitingRoom.look();
    });
  }
}

// The migrations that are under way: asks source hosts for them and waits for their end. The end is told by an event; when that is
// lost, the owner record or a deadline of our own tells. A VM whose migration failed is left where it is for a while, longer each time.

import { hostCalled, NONE, vmCalled } from '../../shared/cluster/mod.ts';
import type { Answer, EventOf, EventWriter, MigrationLimits, MigrationReport } from '../../shared/protocol/mod.ts';
import { type Clock, NS_PER_MS } from '../../shared/runtime/mod.ts';
import type { ClusterView } from './cluster-view.ts';
import { ASK_LIMIT_NS, type HostRequests } from './host-requests.ts';

/** Chosen: scheduling intervals for which a VM rests after a failed migration; doubled with each further failure. */
const REST_INTERVALS = 5;
const REST_DOUBLINGS_MAX = 5;

interface Flight {
  readonly migration: string;
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly deadlineNs: number;
}

export interface MigrationTimes {
  readonly limits: MigrationLimits;
  readonly intervalNs: number;
}

export class Migrations {
  readonly #view: ClusterView;
  readonly #clock: Clock;
  readonly #events: EventWriter;
  readonly #requests: HostRequests;
  readonly #watch: (work: Promise<void>) => void;
  readonly #flights = new Map<string, Flight>();
  readonly #failures = new Map<string, number>();
  #asked = 0;

  constructor(
    view: ClusterView,
    clock: Clock,
    events: EventWriter,
    requests: HostRequests,
    watch: (work: Promise<void>) => void,
  ) {
    this.#view = view;
    this.#clock = clock;
    this.#events = events;
    this.#requests = requests;
    this.#watch = watch;
  }

  /** The migration of a VM that is under way. */
  of(vm: string): Flight | undefined {
    for (const flight of this.#flights.values()) if (flight.vm === vm) return flight;
    return undefined;
  }

  /** Asks for a migration; resolves to the source's answer, whose result is the migration's name. */
  async begin(vm: number, to: number, why: string, times: MigrationTimes): Promise<Answer | undefined> {
    const { state, hosts } = this.#view;
    const { limits } = times;
    const from = this.#view.hostName(state.vms.host[vm]!);
    const target = hosts.get(this.#view.hostName(to));
    const flight: Flight = {
      migration: this.#nextName(),
      vm: state.vms.names[vm]!,
      from,
      to: this.#view.hostName(to),
      deadlineNs: this.#clock.now() + ASK_LIMIT_NS + limits.totalLimitNs + 2 * limits.waitLimitNs,
    };
    if (target === undefined) {
      const message = `${hostCalled(flight.to)} has not joined, so nobody knows where its pages go`;
      this.#rest(flight.vm, times.intervalNs);
      this.#fail(`moving ${vmCalled(flight.vm)} from ${hostCalled(from)} to ${hostCalled(flight.to)}`, message);
      return { ok: false, code: 'SCHEDULER_NO_HOST', message };
    }
    state.beginMigration(vm, to);
    this.#flights.set(flight.migration, flight);
    const { migration, vm: name } = flight;
    const { pageAddress } = target;
    const answer = await this.#requests.ask(from, {
      ...{ kind: 'migrate', migration, vm: name, to: flight.to, pageAddress, limits, why },
    });
    if (answer?.ok === false) {
      this.#over(flight);
      this.#rest(name, times.intervalNs);
      this.#fail(`moving ${vmCalled(name)} from ${hostCalled(from)} to ${hostCalled(flight.to)}`, answer.message);
    } else if (answer === undefined) {
      // It may be under way; its end or the deadline will tell.
      this.#fail(
        `moving ${vmCalled(name)} from ${hostCalled(from)} to ${hostCalled(flight.to)}`,
        `${hostCalled(from)} does not answer`,
      );
    }
    return answer?.ok === true ? { ok: true, result: migration } : answer;
  }

  /** Undefined: nothing by this name is under way. */
  cancel(migration: string): Promise<Answer | undefined> | undefined {
    const flight = this.#flights.get(migration);
    return flight === undefined ? undefined : this.#requests.ask(flight.from, { kind: 'cancel', migration });
  }

  /** Somebody else's migration, or one from before a restart. */
  noteStarted(event: EventOf<'migration.started'>, times: MigrationTimes): void {
    const { migration, vm, from, to, timeNs } = event;
    if (this.#flights.has(migration)) return;
    const { state } = this.#view;
    const index = state.vmIndex(vm);
    const target = state.hostIndex(to);
    if (index === undefined || target === undefined || state.vms.host[index] === NONE) return;
    if (state.vms.host[index] !== target) state.beginMigration(index, target);
    const deadlineNs = timeNs + times.limits.totalLimitNs + 2 * times.limits.waitLimitNs;
    this.#flights.set(migration, { migration, vm, from, to, deadlineNs });
  }

  noteEnded(report: MigrationReport, intervalNs: number): void {
    const { vm, to, epoch, outcome } = report;
    if (outcome === 'completed') {
      this.#failures.delete(vm);
      this.#view.observer.observeOwner({ vm, host: to, epoch });
    }
    const flight = this.#flights.get(report.migration);
    if (flight === undefined) return;
    this.#over(flight);
    if (outcome !== 'completed') this.#rest(vm, intervalNs);
  }

  /** Gives up waiting for ends that are overdue. */
  expire(intervalNs: number): void {
    const now = this.#clock.now();
    for (const flight of this.#flights.values()) {
      if (now <= flight.deadlineNs) continue;
      const { migration, vm, from, to } = flight;
      const index = this.#view.state.vmIndex(vm);
      const hasArrived = index !== undefined && this.#view.state.vms.migratingTo[index] === NONE;
      this.#over(flight);
      if (hasArrived) continue;
      this.#rest(vm, intervalNs);
      this.#fail(
        `moving ${vmCalled(vm)} from ${hostCalled(from)} to ${hostCalled(to)}`,
        `no word of the end of migration ${migration}`,
      );
      this.#watch(this.#requests.ask(from, { kind: 'cancel', migration }).then(() => undefined));
    }
  }

  #over(flight: Flight): void {
    this.#flights.delete(flight.migration);
    const { state } = this.#view;
    const vm = state.vmIndex(flight.vm);
    if (vm !== undefined && state.vms.migratingTo[vm] === state.hostIndex(flight.to)) state.endMigration(vm);
  }

  #rest(vm: string, intervalNs: number): void {
    const failures = this.#failures.get(vm) ?? 0;
    this.#failures.set(vm, failures + 1);
    const index = this.#view.state.vmIndex(vm);
    if (index === undefined) return;
    const intervals = REST_INTERVALS * 2 ** Math.min(failures, REST_DOUBLINGS_MAX);
    this.#view.state.vms.heldUntilNs[index] = this.#clock.now() + intervals * intervalNs;
  }

  #fail(what: string, why: string): void {
    this.#events.write({ kind: 'scheduler.failed', what, why });
  }

  /** Unique over restarts too: a host answers a repeated name as it did the first time. */
  #nextName(): string {
    this.#asked += 1;
    return `m${Math.floor(this.#clock.now() / NS_PER_MS)}-${this.#asked}`;
  }
}

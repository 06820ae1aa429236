// All that a run has shown so far, taken from events and telemetry only: nothing here asks a service, so a replay and a live run are
// judged by the same eyes.

import type { ClusterEvent, HostTelemetry, MigrationReport } from '../protocol/mod.ts';
import { EnergyAccount } from './energy-account.ts';
import { HostsOnCurve } from './hosts-on-curve.ts';
import type { Check, Scenario } from './scenario.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';
import { VmLedger } from './vm-ledger.ts';

export interface EndedMigration {
  readonly report: MigrationReport;
  readonly timeNs: number;
}

export class Observation {
  readonly hostsOn = new HostsOnCurve();
  readonly energy: EnergyAccount;
  readonly timeline: Timeline;
  readonly vms: VmLedger;
  readonly migrations: EndedMigration[] = [];
  readonly tallies: ReadonlyMap<Check, Tally>;
  readonly #scenario: Scenario;
  readonly #joined = new Set<string>();
  /** VM → name of the migration that it is in. */
  readonly #underWay = new Map<string, string>();
  /** Ends that came before their beginnings: the network may swap messages of different hosts. */
  readonly #ended = new Set<string>();
  #beganNs: number | undefined;
  #lagNs = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.energy = new EnergyAccount(scenario.hosts, scenario.configuration.telemetryIntervalNs);
    this.timeline = new Timeline(scenario.durationNs);
    this.vms = new VmLedger(scenario.vms.map((vm) => vm.vm));
    const counted = scenario.expectations.flatMap(({ check }) =>
      check.measure === 'console' || check.measure === 'events' ? [[check, new Tally(check)] as const] : [],
    );
    this.tallies = new Map(counted);
  }

  /** What happens from now on is the scenario; before, hosts joined and VMs started. */
  begin(timeNs: number): void {
    this.#beganNs = timeNs;
    this.energy.begin(timeNs);
    this.timeline.begin(timeNs);
  }

  get beganNs(): number | undefined {
    return this.#beganNs;
  }

  /** Nothing after it counts. */
  get endNs(): number {
    return (this.#beganNs ?? Number.POSITIVE_INFINITY) + this.#scenario.durationNs;
  }

  get joinedCount(): number {
    return this.#joined.size;
  }

  hasJoined(host: string): boolean {
    return this.#joined.has(host);
  }

  /** The worst that a host was behind its clock. */
  get lagNs(): number {
    return this.#lagNs;
  }

  get underWayCount(): number {
    return this.#underWay.size;
  }

  migrationOf(vm: string): string | undefined {
    return this.#underWay.get(vm);
  }

  /** From the beginning of the scenario; what was before it counts as its beginning. */
  atNs(timeNs: number): number {
    return this.#beganNs === undefined ? 0 : Math.max(0, timeNs - this.#beganNs);
  }

  note(event: ClusterEvent): void {
    if (event.timeNs > this.endNs) return;
    this.vms.note(event);
    this.#notePower(event);
    this.#noteMigration(event);
    for (const tally of this.tallies.values()) tally.note(event, this.atNs(event.timeNs));
  }

  report(telemetry: HostTelemetry): void {
    if (telemetry.timeNs > this.endNs) return;
    this.#joined.add(telemetry.host);
    this.hostsOn.note(telemetry.host, telemetry.power, telemetry.timeNs);
    this.energy.report(telemetry);
    this.timeline.report(telemetry);
    this.vms.report(telemetry);
    if (this.#beganNs !== undefined && telemetry.timeNs - telemetry.intervalNs >= this.#beganNs) {
      this.#lagNs = Math.max(this.#lagNs, telemetry.lagNs);
    }
  }

  #notePower(event: ClusterEvent): void {
    switch (event.kind) {
      case 'host.joined':
        this.#joined.add(event.host);
        this.energy.join(event.host, 'on', event.timeNs);
        this.hostsOn.note(event.host, 'on', event.timeNs);
        break;
      case 'host.standby':
      case 'host.waking':
      case 'host.on': {
        const power = event.kind === 'host.standby' ? 'standby' : event.kind === 'host.on' ? 'on' : 'waking';
        this.energy.change(event.host, power, event.timeNs);
        this.hostsOn.note(event.host, power, event.timeNs);
        break;
      }
      case 'host.lost':
        this.hostsOn.note(event.host, 'standby', event.timeNs);
        break;
      default:
        break;
    }
  }

  #noteMigration(event: ClusterEvent): void {
    if (event.kind === 'migration.started') {
      if (!this.#ended.has(event.migration)) this.#underWay.set(event.vm, event.migration);
    } else if (event.kind === 'migration.ended') {
      const { migration, vm } = event.report;
      this.#ended.add(migration);
      if (this.#underWay.get(vm) === migration) this.#underWay.delete(vm);
      this.migrations.push({ report: event.report, timeNs: event.timeNs });
    }
  }
}

// The energy of a run, and what the same work would have taken with all hosts on: in each interval of telemetry the work that was done is
// spread evenly over the capacity of all hosts, none of them in standby. That is the cluster without consolidation.

import { EnergyMeter, wattsAt } from '../cluster/mod.ts';
import type { HostPower, HostSpecification, HostTelemetry } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import type { EnergyResult } from './result.ts';

export class EnergyAccount {
  readonly #meter = new EnergyMeter();
  readonly #hosts: ReadonlyMap<string, HostSpecification>;
  readonly #intervalNs: number;
  /** Instructions' worth of busy time in each interval from the beginning. */
  readonly #busyByInterval: number[] = [];
  readonly #joulesBefore = new Map<string, number>();
  readonly #onNsBefore = new Map<string, number>();
  readonly #busyNs = new Map<string, number>();
  #beganNs: number | undefined;

  constructor(hosts: readonly HostSpecification[], intervalNs: number) {
    this.#hosts = new Map(hosts.map((host) => [host.host, host]));
    this.#intervalNs = intervalNs;
  }

  join(host: string, power: HostPower, timeNs: number): void {
    const specification = this.#hosts.get(host);
    if (specification !== undefined) this.#meter.addHost(host, specification.power, power, timeNs);
  }

  change(host: string, power: HostPower, timeNs: number): void {
    if (this.#meter.has(host)) this.#meter.change(host, power, timeNs);
  }

  report(telemetry: HostTelemetry): void {
    const { host, timeNs, busyNs, intervalNs } = telemetry;
    if (!this.#meter.has(host)) this.join(host, telemetry.power, timeNs - intervalNs);
    if (!this.#meter.has(host)) return;
    this.#meter.report(telemetry);
    if (this.#beganNs === undefined || timeNs <= this.#beganNs) return;
    const index = Math.floor(Math.max(0, timeNs - intervalNs / 2 - this.#beganNs) / this.#intervalNs);
    const work = (busyNs / NS_PER_S) * telemetry.instructionsPerSecond;
    this.#busyByInterval[index] = (this.#busyByInterval[index] ?? 0) + work;
    this.#busyNs.set(host, (this.#busyNs.get(host) ?? 0) + busyNs);
  }

  /** What was drawn before does not count. */
  begin(timeNs: number): void {
    this.#beganNs = timeNs;
    for (const host of this.#meter.hosts()) {
      this.#joulesBefore.set(host, this.#meter.joules(host, timeNs));
      this.#onNsBefore.set(host, this.#meter.spentNs(host, 'on', timeNs));
    }
  }

  joules(host: string, endNs: number): number {
    return this.#meter.has(host) ? this.#meter.joules(host, endNs) - (this.#joulesBefore.get(host) ?? 0) : 0;
  }

  onNs(host: string, endNs: number): number {
    return this.#meter.has(host) ? this.#meter.spentNs(host, 'on', endNs) - (this.#onNsBefore.get(host) ?? 0) : 0;
  }

  /** Mean over the time in which the host was on. */
  utilisation(host: string, endNs: number): number {
    const onNs = this.onNs(host, endNs);
    const cpus = this.#hosts.get(host)?.cpus ?? 1;
    return onNs === 0 ? 0 : Math.min(1, (this.#busyNs.get(host) ?? 0) / (onNs * cpus));
  }

  total(endNs: number): EnergyResult {
    const joules = [...this.#hosts.keys()].reduce((sum, host) => sum + this.joules(host, endNs), 0);
    const allOnJoules = this.#allOnJoules(endNs - (this.#beganNs ?? endNs));
    return { joules, allOnJoules, ratio: allOnJoules === 0 ? 0 : joules / allOnJoules };
  }

  #allOnJoules(durationNs: number): number {
    const hosts = [...this.#hosts.values()];
    const capacity = hosts.reduce((sum, host) => sum + host.cpus * host.instructionsPerSecond, 0);
    let joules = 0;
    for (let startNs = 0, index = 0; startNs < durationNs; startNs += this.#intervalNs, index++) {
      const seconds = Math.min(this.#intervalNs, durationNs - startNs) / NS_PER_S;
      const utilisation = Math.min(1, (this.#busyByInterval[index] ?? 0) / (capacity * seconds));
      for (const host of hosts) joules += wattsAt(host.power, utilisation) * seconds;
    }
    return joules;
  }
}

// Adds up the energy of hosts over cluster time from what they say: power changes as events with exact times, CPU use as
// sums per telemetry interval. The time between two reports is settled when the second one comes: its busy time is
// spread evenly over the part in which the host was on. Reports may be lost: what the next one says then counts for the gap.

import assert from 'node:assert/strict';
import type { HostPower, HostTelemetry, PowerModel } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import { wattsOf } from './power-model.ts';

interface Meter {
  readonly model: PowerModel;
  joules: number;
  /** Nanoseconds in each state so far. */
  readonly spentNs: Record<HostPower, number>;
  settledNs: number;
  /** The state at `settledNs`, and the changes after it in order of time. */
  power: HostPower;
  readonly changes: Change[];
  /** Of the last report; holds until the next one settles the time. */
  utilisation: number;
}

interface Change {
  readonly timeNs: number;
  readonly power: HostPower;
}

export class EnergyMeter {
  readonly #meters = new Map<string, Meter>();

  /** Begins to count a host. A host that is added twice is counted from the first time. */
  addHost(host: string, model: PowerModel, power: HostPower, timeNs: number): void {
    if (this.#meters.has(host)) return;
    const spentNs = { on: 0, standby: 0, waking: 0 };
    this.#meters.set(host, { model, joules: 0, spentNs, settledNs: timeNs, power, changes: [], utilisation: 0 });
  }

  has(host: string): boolean {
    return this.#meters.has(host);
  }

  hosts(): readonly string[] {
    return [...this.#meters.keys()];
  }

  /** The host changed its power state at `timeNs` (events host.on, host.standby, host.waking). Repetitions do no harm. */
  change(host: string, power: HostPower, timeNs: number): void {
    const meter = this.#meter(host);
    const atNs = Math.max(timeNs, meter.settledNs);
    if (powerAt(meter, atNs) === power) return;
    const later = meter.changes.findIndex((change) => change.timeNs > atNs);
    meter.changes.splice(later === -1 ? meter.changes.length : later, 0, { timeNs: atNs, power });
  }

  /** Settles the time up to the report's. A report that is older than what is settled is ignored. */
  report(telemetry: HostTelemetry): void {
    const meter = this.#meter(telemetry.host);
    const { timeNs, intervalNs } = telemetry;
    if (timeNs <= meter.settledNs) return;
    // An event that told of the change was lost: it is taken to have happened when the interval began.
    if (powerAt(meter, timeNs) !== telemetry.power) {
      const lastNs = meter.changes.findLast((change) => change.timeNs <= timeNs)?.timeNs ?? 0;
      this.change(telemetry.host, telemetry.power, Math.max(timeNs - intervalNs, lastNs));
    }
    let onNs = 0;
    forSegments(meter, timeNs, (power, startNs, endNs) => {
      if (power === 'on') onNs += Math.max(0, endNs - Math.max(startNs, timeNs - intervalNs));
    });
    meter.utilisation = onNs === 0 ? 0 : Math.min(1, telemetry.busyNs / (onNs * telemetry.cpus));
    settle(meter, timeNs);
  }

  /** Energy up to the last report, or up to `timeNs` if that is later and nothing changes until then. */
  joules(host: string, timeNs = 0): number {
    const meter = this.#meter(host);
    let { joules } = meter;
    forSegments(meter, timeNs, (power, startNs, endNs) => {
      joules += joulesOf(meter, power, endNs - startNs);
    });
    return joules;
  }

  totalJoules(timeNs = 0): number {
    let joules = 0;
    for (const host of this.#meters.keys()) joules += this.joules(host, timeNs);
    return joules;
  }

  /** How long the host has been in a power state, in the same sense as `joules`. */
  spentNs(host: string, power: HostPower, timeNs = 0): number {
    const meter = this.#meter(host);
    let spentNs = meter.spentNs[power];
    forSegments(meter, timeNs, (segmentPower, startNs, endNs) => {
      if (segmentPower === power) spentNs += endNs - startNs;
    });
    return spentNs;
  }

  #meter(host: string): Meter {
    const meter = this.#meters.get(host);
    assert(meter !== undefined, `the energy meter does not know the host ${host}; add it first`);
    return meter;
  }
}

export function joulesToKilowattHours(joules: number): number {
  return joules / 3.6e6;
}

function powerAt(meter: Meter, timeNs: number): HostPower {
  return meter.changes.findLast((change) => change.timeNs <= timeNs)?.power ?? meter.power;
}

function joulesOf(meter: Meter, power: HostPower, durationNs: number): number {
  return (wattsOf(meter.model, power, meter.utilisation) * durationNs) / NS_PER_S;
}

function settle(meter: Meter, toNs: number): void {
  forSegments(meter, toNs, (power, startNs, endNs) => {
    meter.joules += joulesOf(meter, power, endNs - startNs);
    meter.spentNs[power] += endNs - startNs;
  });
  meter.power = powerAt(meter, toNs);
  const later = meter.changes.findIndex((change) => change.timeNs > toNs);
  meter.changes.splice(0, later === -1 ? meter.changes.length : later);
  meter.settledNs = toNs;
}

/** The stretches of one power state between what is settled and `toNs`. */
function forSegments(
  meter: Meter,
  toNs: number,
  visit: (power: HostPower, startNs: number, endNs: number) => void,
): void {
  let { power } = meter;
  let startNs = meter.settledNs;
  for (const change of meter.changes) {
    if (change.timeNs >= toNs) break;
    if (change.timeNs > startNs) visit(power, startNs, change.timeNs);
    startNs = change.timeNs;
    power = change.power;
  }
  if (toNs > startNs) visit(power, startNs, toNs);
}

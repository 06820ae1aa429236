// How many hosts were on, over time.

import type { HostPower } from '../protocol/mod.ts';

export interface CurvePoint {
  readonly timeNs: number;
  readonly count: number;
}

export class HostsOnCurve {
  readonly #power = new Map<string, HostPower>();
  #points: CurvePoint[] = [];

  /** Repetitions do no harm: events and telemetry both tell. */
  note(host: string, power: HostPower, timeNs: number): void {
    if (this.#power.get(host) === power) return;
    this.#power.set(host, power);
    const { count } = this;
    if (this.#points.at(-1)?.count === count) return;
    // Messages of two hosts may come in the wrong order by the latency of a link.
    this.#points.push({ timeNs: Math.max(timeNs, this.#points.at(-1)?.timeNs ?? 0), count });
  }

  power(host: string): HostPower | undefined {
    return this.#power.get(host);
  }

  get count(): number {
    return [...this.#power.values()].filter((power) => power === 'on').length;
  }

  /** From `startNs` on: the value then, and every change up to `endNs`. */
  points(startNs: number, endNs: number): readonly CurvePoint[] {
    const first = { timeNs: startNs, count: this.at(startNs) };
    return [first, ...this.#points.filter((point) => point.timeNs > startNs && point.timeNs <= endNs)];
  }

  at(timeNs: number): number {
    return this.#points.findLast((point) => point.timeNs <= timeNs)?.count ?? 0;
  }
}

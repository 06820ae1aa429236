// Utilisation of each host in slots of equal length over the run: the strips of the report.

import type { HostTelemetry } from '../protocol/mod.ts';

/** Chosen: what fits on a terminal beside the names. */
export const SLOT_COUNT = 60;

interface Slots {
  readonly busyNs: Float64Array;
  readonly onNs: Float64Array;
}

export class Timeline {
  readonly slotNs: number;
  readonly #hosts = new Map<string, Slots>();
  /** Up to when anybody has reported: nothing is known of what comes after. */
  #knownNs = 0;
  #beganNs: number | undefined;

  constructor(durationNs: number) {
    this.slotNs = durationNs / SLOT_COUNT;
  }

  begin(timeNs: number): void {
    this.#beganNs = timeNs;
  }

  report(telemetry: HostTelemetry): void {
    if (this.#beganNs === undefined) return;
    this.#knownNs = Math.max(this.#knownNs, telemetry.timeNs - this.#beganNs);
    if (telemetry.power !== 'on' || telemetry.intervalNs <= 0) return;
    const slots = this.#slots(telemetry.host);
    const fromNs = telemetry.timeNs - telemetry.intervalNs - this.#beganNs;
    const toNs = telemetry.timeNs - this.#beganNs;
    const first = Math.max(0, Math.floor(fromNs / this.slotNs));
    for (let slot = first; slot < SLOT_COUNT && slot * this.slotNs < toNs; slot++) {
      const overlapNs = Math.min(toNs, (slot + 1) * this.slotNs) - Math.max(fromNs, slot * this.slotNs);
      slots.onNs[slot]! += overlapNs * telemetry.cpus;
      slots.busyNs[slot]! += (telemetry.busyNs * overlapNs) / telemetry.intervalNs;
    }
  }

  /**
   * From 0 to 1; null where the host was not on for half of the slot. A run ends between two reports: slots after the last one that any
   * host made go on as the slot before them.
   */
  strip(host: string, cpus: number): readonly (number | null)[] {
    const slots = this.#slots(host);
    const strip: (number | null)[] = [];
    for (const [slot, onNs] of slots.onNs.entries()) {
      const knownNs = Math.min(this.slotNs, this.#knownNs - slot * this.slotNs);
      if (knownNs <= 0) strip.push(strip.at(-1) ?? null);
      else if (onNs < (knownNs * cpus) / 2) strip.push(null);
      else strip.push(Math.round(Math.min(1, slots.busyNs[slot]! / onNs) * 1000) / 1000);
    }
    return strip;
  }

  #slots(host: string): Slots {
    let slots = this.#hosts.get(host);
    if (slots === undefined) {
      slots = { busyNs: new Float64Array(SLOT_COUNT), onNs: new Float64Array(SLOT_COUNT) };
      this.#hosts.set(host, slots);
    }
    return slots;
  }
}

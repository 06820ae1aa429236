// What the migration benchmark moves, the same for ours and for the peer: the guest `dirty` in 128 MiB, of which 96 MiB are not zero and are
// written in turn at a rate that is the only thing that differs between cases. Limits are those of the peer's usual advice: 300 ms of downtime.

import type { HostSpecification, MigrationLimits, MigrationReport, VmSpecification } from '../shared/protocol/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../shared/runtime/mod.ts';

const MIB = 2 ** 20;

export const GUEST_MIB = 128;
export const SET_MIB = 96;
export const DOWNTIME_LIMIT_MS = 300;
/** Chosen: guest time between the ready line and the migration, so that the guest has reached its pace. */
export const SETTLE_MS = 300;
export const RATES_MIB = [0, 10, 50, 200] as const;

export const LIMITS: MigrationLimits = {
  downtimeLimitNs: DOWNTIME_LIMIT_MS * NS_PER_MS,
  stalledRoundsMax: 3,
  roundsMax: 30,
  totalLimitNs: 60 * NS_PER_S,
  waitLimitNs: 10 * NS_PER_S,
};

export const bootArguments = (rateMib: number): string => `set-kib=${SET_MIB * 1024} rate-kib=${rateMib * 1024}`;

export const vmSpecification = (vm: string, rateMib: number): VmSpecification => ({
  vm,
  image: 'dirty',
  memoryBytes: GUEST_MIB * MIB,
  diskBytes: 0,
  bootArguments: bootArguments(rateMib),
});

/** Two CPUs, so that copying pages does not starve the guest; 50 million instructions a second each, which any machine can keep up. */
export const hostSpecification = (host: string): HostSpecification => ({
  host,
  cpus: 2,
  instructionsPerSecond: 50_000_000,
  memoryBytes: 512 * MIB,
  power: { watts: [50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100], standbyWatts: 5, wakeDelayNs: 10 * NS_PER_S },
});

/** One migration, as its source reports it; downtime is from the last instruction here to the first one there. */
export interface MigrationFigures {
  /** False: it was given up, and the guest runs on where it was. */
  readonly completed: boolean;
  readonly reason: string;
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly bytes: number;
  readonly rounds: number;
}

export const figuresOf = (report: MigrationReport): MigrationFigures => ({
  completed: report.outcome === 'completed',
  reason: report.reason,
  totalMs: report.totalNs / NS_PER_MS,
  downtimeMs: report.downtimeNs / NS_PER_MS,
  bytes: report.bytes,
  rounds: report.rounds,
});

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** The median of each figure by itself. It counts as completed when most did; figures of those that did not are left out then. */
export function medianFigures(all: readonly MigrationFigures[]): MigrationFigures {
  const completed = 2 * all.filter((each) => each.completed).length > all.length;
  const alike = all.filter((each) => each.completed === completed);
  const middle = (pick: (each: MigrationFigures) => number): number => median(alike.map(pick));
  return {
    completed,
    reason: alike[0]!.reason,
    totalMs: middle((each) => each.totalMs),
    downtimeMs: middle((each) => each.downtimeMs),
    bytes: middle((each) => each.bytes),
    rounds: middle((each) => each.rounds),
  };
}

export class BenchFailed extends Error {}

// What a run came to: plain data, printed by `--json`, written to run.json and shown as tables.

import type { HostPower } from '../protocol/mod.ts';
import type { ExpectationClass, Mode } from './scenario.ts';

export interface MigrationResult {
  readonly migration: string;
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly outcome: 'completed' | 'cancelled' | 'failed';
  /** Why pre-copy stopped sending rounds. */
  readonly reason: string;
  /** Why it was asked for, or what went wrong. */
  readonly detail: string;
  /** From the beginning of the scenario to the end of the migration. */
  readonly endedMs: number;
  readonly rounds: number;
  readonly pages: number;
  readonly zeroPages: number;
  readonly bytes: number;
  readonly downtimeMs: number;
  readonly totalMs: number;
}

export interface ExpectationResult {
  readonly name: string;
  readonly class: ExpectationClass;
  readonly met: boolean;
  /** Whether it counts for the verdict; timings do not, live. */
  readonly judged: boolean;
  /** What was found. */
  readonly detail: string;
}

export interface VmResult {
  readonly vm: string;
  readonly state: 'running' | 'ended' | 'stopped' | 'lost';
  /** Where it is, or was last. */
  readonly host: string | null;
  readonly detail: string;
}

export interface HostResult {
  readonly host: string;
  readonly power: HostPower | 'unknown';
  readonly onMs: number;
  readonly joules: number;
  /** Mean over the time it was on. */
  readonly utilisation: number;
  /** Utilisation from 0 to 1 in each slot of the timeline; null where it was not on. */
  readonly strip: readonly (number | null)[];
}

export interface EnergyResult {
  readonly joules: number;
  /** What the same work takes with all hosts on, evenly spread. */
  readonly allOnJoules: number;
  readonly ratio: number;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly mode: Mode;
  readonly seed: number;
  /** All that is judged was met. */
  readonly passed: boolean;
  /** False when a live run lagged so that its outcome says nothing; `warnings` say why. */
  readonly valid: boolean;
  readonly durationMs: number;
  readonly eventsSha256: string;
  readonly eventCount: number;
  readonly hostsOn: {
    readonly min: number;
    readonly max: number;
    readonly end: number;
    /** Value at each change, from the beginning. */
    readonly curve: readonly { readonly atMs: number; readonly count: number }[];
  };
  readonly vmsLost: number;
  readonly migrations: readonly MigrationResult[];
  readonly expectations: readonly ExpectationResult[];
  readonly energy: EnergyResult;
  readonly hosts: readonly HostResult[];
  readonly vms: readonly VmResult[];
  readonly timeline: { readonly slotMs: number; readonly hostsOn: readonly number[] };
  readonly warnings: readonly string[];
}

export interface Progress {
  readonly phase: 'joining' | 'starting' | 'running' | 'done';
  /** Since the beginning of the scenario; 0 before it. */
  readonly timeNs: number;
  readonly durationNs: number;
  readonly hostsOn: number;
  readonly hosts: number;
  readonly vmsRunning: number;
  /** Ended by themselves, or were stopped. */
  readonly vmsEnded: number;
  readonly vms: number;
  readonly migrationsUnderWay: number;
  readonly migrationsCompleted: number;
  readonly migrationsFailed: number;
}

// A scenario as the conductor performs it: the file with all groups written out, all names resolved and all quantities in
// base units. It is plain data, so that it can be handed to another process as JSON.

import type { ClusterConfiguration, EventKind, HostSpecification, VmSpecification } from '../protocol/mod.ts';

/** From a host to the switch, one way; two hosts are the sum of theirs apart. */
export interface Link {
  readonly latencyNs: number;
  readonly bitsPerSecond: number;
}

export type Curve =
  | { readonly kind: 'steps'; readonly steps: readonly { readonly atNs: number; readonly value: number }[] }
  | {
      readonly kind: 'ramp';
      readonly from: number;
      readonly to: number;
      readonly startNs: number;
      readonly endNs: number;
      readonly everyNs: number;
    }
  | {
      readonly kind: 'sine';
      readonly mean: number;
      readonly amplitude: number;
      readonly periodNs: number;
      readonly phaseNs: number;
      readonly everyNs: number;
    }
  | {
      readonly kind: 'day';
      readonly low: number;
      readonly high: number;
      readonly lengthNs: number;
      readonly peakNs: number;
      readonly everyNs: number;
    };

export interface Load {
  readonly vms: readonly string[];
  /** `{value}` is replaced. */
  readonly line: string;
  readonly curve: Curve;
  readonly repeat: { readonly everyNs: number; readonly times: number | null } | null;
  readonly staggerNs: number;
  /** Each value is multiplied by a random number from 1 − noise to 1 + noise. */
  readonly noise: number;
}

export type Deed =
  | { readonly kind: 'migrate'; readonly vm: string; readonly to: string | null }
  | { readonly kind: 'cancel-migration'; readonly vm: string }
  | { readonly kind: 'stop'; readonly vm: string }
  | { readonly kind: 'type'; readonly vm: string; readonly line: string }
  | { readonly kind: 'wake'; readonly host: string }
  | { readonly kind: 'standby'; readonly host: string };

/** Something done at a time from the beginning of the scenario. */
export interface TimedDeed {
  readonly atNs: number;
  readonly deed: Deed;
}

export interface Bound {
  readonly atLeast: number | null;
  readonly atMost: number | null;
}

export interface Window {
  readonly fromNs: number;
  readonly toNs: number | null;
}

/**
 * Safety is exact in both modes, outcomes hold by deadlines, timings are judged in virtual time and only reported live
 * (DESIGN, "Time").
 */
export type ExpectationClass = 'safety' | 'outcome' | 'timing';
export type Mode = 'virtual' | 'live';

export type Check =
  | { readonly measure: 'hostsOn'; readonly when: 'min' | 'max' | 'end'; readonly bound: Bound }
  | { readonly measure: 'hostsOnAt'; readonly atNs: number; readonly bound: Bound }
  | { readonly measure: 'hostsOnReaches'; readonly bound: Bound; readonly window: Window }
  | { readonly measure: 'vmsLost'; readonly bound: Bound }
  | {
      readonly measure: 'migrations';
      readonly outcome: 'completed' | 'failed' | 'cancelled';
      readonly vms: readonly string[] | null;
      readonly bound: Bound;
      readonly window: Window;
    }
  | {
      readonly measure: 'downtime';
      readonly statistic: 'max' | 'p95' | 'mean';
      readonly vms: readonly string[] | null;
      readonly atMostNs: number;
    }
  | { readonly measure: 'energy'; readonly bound: Bound }
  | {
      readonly measure: 'console';
      readonly vms: readonly string[];
      readonly matches: string;
      readonly bound: Bound;
      readonly window: Window;
    }
  | {
      readonly measure: 'events';
      readonly kind: EventKind;
      readonly where: Readonly<Record<string, string | number | boolean>>;
      readonly bound: Bound;
      readonly window: Window;
    };

export interface Expectation {
  readonly name: string;
  readonly class: ExpectationClass;
  readonly only: Mode | null;
  readonly check: Check;
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly durationNs: number;
  readonly seed: number;
  /** Live: cluster seconds per second of the wall clock. */
  readonly speed: number;
  readonly hosts: readonly HostSpecification[];
  readonly link: Link;
  /** Hosts whose link is not `link`. */
  readonly links: Readonly<Record<string, Link>>;
  readonly vms: readonly VmSpecification[];
  readonly load: readonly Load[];
  readonly deeds: readonly TimedDeed[];
  readonly configuration: ClusterConfiguration;
  readonly expectations: readonly Expectation[];
}

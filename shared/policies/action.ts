// What a policy decides: actions that name hosts and VMs by index, each with its reason. A reason is data, the figures that the
// decision rests on; `explain` turns it into words when somebody wants to read them, so that a plan of thousands costs no text.

export type Action =
  /** Start a pending VM on a host. */
  | { readonly kind: 'place'; readonly vm: number; readonly to: number; readonly reason: Reason }
  | {
      readonly kind: 'migrate';
      readonly vm: number;
      readonly from: number;
      readonly to: number;
      readonly reason: Reason;
    }
  | { readonly kind: 'wake'; readonly host: number; readonly reason: Reason }
  | { readonly kind: 'standby'; readonly host: number; readonly reason: Reason }
  /** A pending VM cannot be started now. */
  | { readonly kind: 'wait'; readonly vm: number; readonly reason: Reason };

/** Utilisations and limits are shares of a host's capacity: 1 is all of it. */
export type Reason =
  /** In words already: for policies that are not of this folder. */
  | { readonly kind: 'said'; readonly text: string }
  | {
      readonly kind: 'fits';
      readonly vm: number;
      readonly to: number;
      readonly utilisationAfter: number;
      readonly target: number;
      readonly how: Fit;
      readonly isPinned: boolean;
    }
  | {
      readonly kind: 'under-used';
      readonly host: number;
      readonly utilisation: number;
      readonly threshold: number;
      readonly intervals: number;
      readonly vmCount: number;
      readonly to: number;
      readonly utilisationAfter: number;
    }
  | {
      readonly kind: 'overloaded';
      readonly host: number;
      readonly utilisation: number;
      readonly threshold: number;
      readonly intervals: number;
      readonly to: number;
      readonly utilisationAfter: number;
      readonly how: Fit;
    }
  | {
      readonly kind: 'hot-spot';
      readonly host: number;
      readonly utilisation: number;
      readonly threshold: number;
      /** In so many of the last `window`. */
      readonly intervals: number;
      readonly window: number;
      readonly to: number;
      readonly utilisationAfter: number;
      readonly how: Fit;
    }
  | {
      readonly kind: 'uneven';
      readonly host: number;
      readonly utilisation: number;
      readonly to: number;
      /** Before the move. */
      readonly toUtilisation: number;
      readonly deviation: number;
      readonly deviationAfter: number;
      /** That the migration is expected to take. */
      readonly seconds: number;
    }
  | { readonly kind: 'needed'; readonly pendingCount: number; readonly vm: number; readonly freeHosts: number }
  | {
      readonly kind: 'relief-needed';
      readonly host: number;
      readonly utilisation: number;
      readonly threshold: number;
      readonly vmCount: number;
    }
  | { readonly kind: 'start-host-asleep'; readonly vm: number; readonly host: number }
  | { readonly kind: 'empty'; readonly host: number; readonly intervals: number; readonly hostsLeftOn: number }
  | { readonly kind: 'host-wakes'; readonly vm: number; readonly host: number }
  | { readonly kind: 'no-memory'; readonly vm: number; readonly memoryBytes: number; readonly largestFreeBytes: number }
  | { readonly kind: 'start-host-full'; readonly vm: number; readonly host: number; readonly freeBytes: number }
  | { readonly kind: 'start-host-unusable'; readonly vm: number; readonly host: number };

/**
 * How a VM fits: below the target; alone on a host that it fills above the target by itself; above the target because
 * nothing better is left.
 */
export type Fit = 'below-target' | 'alone' | 'crowded';

// Cluster time, the clock that all services share (DESIGN, "Time"). Live it follows the machine's monotonic clock, scaled;
// in a replay it is virtual and jumps to the next thing that happens. All times are nanoseconds since the cluster began,
// as JavaScript numbers: exact up to 2^53 ns, which is 104 days of cluster time.

export interface Timer {
  /** Forgets the callback. Harmless when it has run or was cancelled before. */
  cancel(): void;
}

export interface Clock {
  /** Nanoseconds of cluster time since the cluster began. Never goes back. */
  now(): number;
  /** Calls back once, at `timeNs` or as soon after it as possible; at once (but never synchronously) when it has passed. */
  at(timeNs: number, callback: () => void): Timer;
  /** Resolves after `durationNs`; rejects with the signal's reason when aborted. */
  sleep(durationNs: number, signal?: AbortSignal): Promise<void>;
}

export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_S = 1_000_000_000;

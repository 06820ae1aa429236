// Where the counting worker keeps what it does and is told, as 32-bit words of a host's memory; apart from the worker, which
// cannot be imported without being one.

export const WORD = { tasks: 0, lengthNs: 1, fails: 2, ends: 3, meets: 4, turns: 5, spun: 6, closed: 7 } as const;

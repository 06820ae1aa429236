// What each VM of a host is entitled to: the division of CPU that reservation, limit and shares mean, worked out instead of carried out
// (VMware, "vSphere Resource Management", chapters on resource allocation settings and resource pools). Among siblings each gets its shares of a common level, raised to its
// reservation and cut at its limit and its demand, and the level is such that all that there is gets used.

export interface Claim {
  readonly name: string;
  /** Relative weight among siblings; greater than 0. */
  readonly shares: number;
  /** Of what is divided (CPUs, instructions per second, …); fractions allowed. */
  readonly reservation: number;
  /** Infinity: none. */
  readonly limit: number;
  /** What it would use; of a pool, ignored. */
  readonly demand: number;
  /** A pool's members; absent for a VM. */
  readonly members?: readonly Claim[];
}

/** Steps of the bisection: more than a double can tell apart. */
const BISECTIONS = 200;

/** Divides `capacity` among claims; answers the entitlement of every VM by name. Reservations must fit the capacity, and a pool's members' the pool's. */
export function entitlements(claims: readonly Claim[], capacity: number): Map<string, number> {
  const entitled = new Map<string, number>();
  divide(claims, capacity, entitled);
  return entitled;
}

function divide(claims: readonly Claim[], capacity: number, entitled: Map<string, number>): void {
  const level = commonLevel(claims, capacity);
  for (const claim of claims) {
    const amount = atLevel(claim, level);
    if (claim.members === undefined) entitled.set(claim.name, amount);
    else divide(claim.members, amount, entitled);
  }
}

/** The level at which the claims together use `capacity`, or all that they can. */
function commonLevel(claims: readonly Claim[], capacity: number): number {
  let low = 0;
  let high = claims.reduce((most, claim) => Math.max(most, (usable(claim) + claim.reservation) / claim.shares), 1);
  if (used(claims, high) <= capacity) return high;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (used(claims, middle) <= capacity) low = middle;
    else high = middle;
  }
  return low;
}

function used(claims: readonly Claim[], level: number): number {
  return claims.reduce((sum, claim) => sum + atLevel(claim, level), 0);
}

function atLevel(claim: Claim, level: number): number {
  const most = usable(claim);
  return Math.min(most, Math.max(Math.min(claim.reservation, most), level * claim.shares));
}

/** What a claim can use at most: its demand or its members', within its limit. */
function usable(claim: Claim): number {
  const wanted = claim.members?.reduce((sum, member) => sum + usable(member), 0) ?? claim.demand;
  return Math.min(wanted, claim.limit);
}

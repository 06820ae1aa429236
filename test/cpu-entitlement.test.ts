// What hosts give to VMs is what reservation, limit and shares entitle them to, within 2 % over ten seconds: the host's CPUs, which pick
// one VM after the other, against the division worked out at once.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, entitlements } from '../shared/cluster/mod.ts';
import { addi, jal } from '../shared/machine/testing/assemble.ts';
import { NS_PER_MS, NS_PER_S } from '../shared/runtime/mod.ts';
import type { Vm } from '../shared/vmm/mod.ts';
import { HostWithGuests } from '../shared/vmm/testing/host-with-guests.ts';

const BUSY = [addi(10, 10, 1), jal(0, -4)];
const RATE = 1_000_000;
const SECONDS = 10;

const vm = (name: string, more: Partial<Claim> = {}): Claim => ({
  ...{ name, shares: 1000, reservation: 0, limit: Number.POSITIVE_INFINITY, demand: 1 },
  ...more,
});
const pool = (name: string, members: readonly Claim[], more: Partial<Claim> = {}): Claim =>
  vm(name, { members, ...more });

/** CPUs that each VM got, on the average of ten seconds. */
function measured(claims: readonly Claim[], cpus: number): Map<string, number> {
  const host = new HostWithGuests({ cpus, instructionsPerSecond: RATE, memoryBytes: 64 << 20 });
  const vms = new Map<string, Vm>();
  const start = (members: readonly Claim[], inPool: number | undefined): void => {
    for (const claim of members) {
      const shares = {
        ...{ shares: claim.shares, reservationCpus: claim.reservation, limitCpus: claim.limit },
        ...(inPool === undefined ? {} : { pool: inPool }),
      };
      if (claim.members !== undefined) start(claim.members, host.memory.addPool(shares));
      else {
        const guest = host.start(BUSY);
        guest.setShares(shares);
        vms.set(claim.name, guest);
      }
    }
  };
  start(claims, undefined);
  for (let now = 0; now < SECONDS * NS_PER_S; now += 10 * NS_PER_MS) host.cpus.run(now, now + 10 * NS_PER_MS);
  return new Map([...vms].map(([name, guest]) => [name, guest.accounting.instructions / RATE / SECONDS]));
}

function expectEntitled(claims: readonly Claim[], cpus: number): void {
  const got = measured(claims, cpus);
  for (const [name, entitled] of entitlements(claims, cpus)) {
    const off = Math.abs(got.get(name)! - entitled) / Math.max(entitled, 0.01);
    expect(off, `${name}: entitled to ${entitled.toFixed(4)} CPUs, got ${got.get(name)!.toFixed(4)}`).toBeLessThan(
      0.02,
    );
  }
}

describe('on one CPU', () => {
  it.each<[string, readonly Claim[]]>([
    ['equal shares', [vm('a'), vm('b'), vm('c')]],
    ['shares 1 : 2 : 4', [vm('a'), vm('b', { shares: 2000 }), vm('c', { shares: 4000 })]],
    ['a reservation above the fair share', [vm('a', { reservation: 0.6 }), vm('b'), vm('c')]],
    ['a reservation below the fair share', [vm('a', { reservation: 0.1 }), vm('b'), vm('c')]],
    ['a limit below the fair share', [vm('a', { limit: 0.1 }), vm('b'), vm('c')]],
    ['a limit and nobody else', [vm('a', { limit: 0.25 })]],
    [
      'everything reserved',
      [vm('a', { reservation: 0.5 }), vm('b', { reservation: 0.3 }), vm('c', { reservation: 0.2 })],
    ],
    ['few shares and a reservation', [vm('a', { shares: 10, reservation: 0.2 }), vm('b', { shares: 9000 })]],
    [
      'a greedy crowd and one reservation',
      [vm('mine', { reservation: 0.4 }), ...'abcdefghi'.split('').map((n) => vm(n, { shares: 8000 }))],
    ],
    [
      'all three at once',
      [
        vm('a', { reservation: 0.3, limit: 0.35, shares: 100 }),
        vm('b', { limit: 0.2 }),
        vm('c', { shares: 500 }),
        vm('d'),
      ],
    ],
    ['two pools, unequal in members', [pool('p', [vm('a')]), pool('q', [vm('b'), vm('c'), vm('d')])]],
    ['a pool with a limit', [pool('p', [vm('a'), vm('b', { shares: 3000 })], { limit: 0.4 }), vm('c')]],
    ['a pool with a reservation', [pool('p', [vm('a'), vm('b')], { reservation: 0.8, shares: 100 }), vm('c'), vm('d')]],
    [
      'pools in pools',
      [pool('p', [pool('q', [vm('a'), vm('b')], { shares: 3000 }), vm('c')], { shares: 2000 }), vm('d')],
    ],
  ])('%s', (_, claims) => expectEntitled(claims, 1));
});

describe('on two CPUs', () => {
  it.each<[string, readonly Claim[]]>([
    ['three equal VMs', [vm('a'), vm('b'), vm('c')]],
    ['fewer VMs than CPUs can serve at once', [vm('a'), vm('b', { limit: 0.5 })]],
    [
      'a pool with a limit of one and a half',
      [pool('p', [vm('a'), vm('b'), vm('c')], { limit: 1.5 }), vm('d', { limit: 0.5 })],
    ],
    ['a reservation among many', [vm('mine', { reservation: 0.9 }), ...'abcdef'.split('').map((n) => vm(n))]],
  ])('%s', (_, claims) => expectEntitled(claims, 2));
});

describe('whatever is configured', () => {
  const configured = fc.record({
    shares: fc.constantFrom(500, 1000, 2000, 4000),
    reservation: fc.constantFrom(0, 0, 0.05, 0.1, 0.15),
    limit: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0.2, 0.4),
  });

  it('VMs get what they are entitled to', () => {
    fc.assert(
      fc.property(fc.array(configured, { minLength: 1, maxLength: 6 }), (settings) => {
        expectEntitled(
          settings.map((setting, index) => vm(`vm-${index}`, setting)),
          1,
        );
      }),
      { numRuns: 25 },
    );
  });

  it('a reservation is served also when its owner comes late and others have waited', () => {
    const host = new HostWithGuests({ instructionsPerSecond: RATE });
    const others = [host.start(BUSY), host.start(BUSY), host.start(BUSY)];
    const run = (from: number, to: number) => {
      for (let now = from; now < to; now += 10 * NS_PER_MS) host.cpus.run(now, now + 10 * NS_PER_MS);
    };
    run(0, 5 * NS_PER_S);
    const late = host.create(BUSY);
    late.setShares({ shares: 1, reservationCpus: 0.5 });
    late.resume(5 * NS_PER_S);
    run(5 * NS_PER_S, 6 * NS_PER_S);
    expect(late.accounting.instructions / RATE).toBeCloseTo(0.5, 1);
    for (const other of others) expect(other.accounting.instructions).toBeGreaterThan(0);
  });
});

// Who runs next: reservation, limit and shares in a tree of pools, after mClock (Gulati, Merchant, Varman, "mClock: Handling Throughput
// Variability for Hypervisor IO Scheduling", OSDI 2010), applied to CPU time. Each node carries three tags, in ns:
//
//   reservedNs   cluster time up to which its reservation is served; behind the clock, it goes before all others
//   limitedNs    cluster time before which its limit lets it not run
//   virtualNs    CPU time it has had, divided by its shares; of those not behind, the least goes first
//
// All three advance with every ns of CPU time, whoever it was given as, so a hungry node gets max(reservation, fair share), at most its
// limit, and what others leave is divided by shares: work conserving up to limits. Tags are bytes in host memory, like everything else.

import { POOL_BYTES, POOL_TABLE_OFFSET, POOLS_MAX } from './host-layout.ts';
import type { Vm } from './vm.ts';
import { VM_HEADER } from './vm-block.ts';

/** Field offsets of a node. f64 unless said. A node of zeros does not exist. */
export const SHARE_NODE = {
  /** Relative weight among its siblings; greater than 0. */
  shares: 0,
  /** Physical CPUs, fractions allowed. */
  reservationCpus: 8,
  limitCpus: 16,
  virtualNs: 24,
  reservedNs: 32,
  limitedNs: 40,
  /** Of a pool: the least virtual time at which a newcomer among its children begins. */
  childVirtualNs: 48,
  /** u32: index of the pool that it is in. */
  parent: 56,
} as const;

/** The pool that all others, and VMs without a pool, are in. */
export const ROOT_POOL = 0;

export interface CpuShares {
  /** Relative weight among siblings; greater than 0. Default 1000. */
  readonly shares?: number;
  /** Physical CPUs that it gets whenever it wants them; fractions allowed. Default 0. */
  readonly reservationCpus?: number;
  /** Physical CPUs that it never exceeds. Default: no limit. */
  readonly limitCpus?: number;
  /** Index of a pool of this host. Default: the root. */
  readonly pool?: number;
}

/** As VMware's "normal". */
export const DEFAULT_SHARES = 1000;

export function writeShares(view: DataView, at: number, shares: CpuShares): void {
  view.setFloat64(at + SHARE_NODE.shares, shares.shares ?? DEFAULT_SHARES, true);
  view.setFloat64(at + SHARE_NODE.reservationCpus, shares.reservationCpus ?? 0, true);
  view.setFloat64(at + SHARE_NODE.limitCpus, shares.limitCpus ?? Number.POSITIVE_INFINITY, true);
  view.setUint32(at + SHARE_NODE.parent, shares.pool ?? ROOT_POOL, true);
}

/**
 * Chosen: what a node that waited for its turn beyond its limit's time may catch up, so that a limit is met on the average and not only
 * undercut. Twice a quantum.
 */
const LIMIT_SLACK_NS = 20_000_000;

interface Leaf {
  readonly at: number;
  readonly vm: Vm;
}

interface Pool {
  readonly at: number;
  readonly children: Node[];
}

type Node = Leaf | Pool;

/** The tree over the VMs that may run in one quantum. */
export class ShareTree {
  readonly #view: DataView;
  readonly #pools = new Map<number, Pool>();
  readonly #root: Pool;

  constructor(view: DataView, vms: readonly Vm[]) {
    this.#view = view;
    this.#root = this.#pool(ROOT_POOL);
    for (const vm of vms) {
      const at = vm.block + VM_HEADER.shareNode;
      this.#pool(view.getUint32(at + SHARE_NODE.parent, true)).children.push({ at, vm });
    }
  }

  /** The VM to run at `now` among those that `canRun` says yes to; undefined when none may. */
  next(now: number, canRun: (vm: Vm) => boolean): Vm | undefined {
    let node: Node | undefined = this.#root;
    while (node !== undefined && 'children' in node) node = this.#choose(node, now, canRun);
    return node?.vm;
  }

  /** Charges `ranNs` of CPU time that began at `now` to a VM and all pools that it is in. */
  charge(vm: Vm, now: number, ranNs: number): void {
    for (let at = vm.block + VM_HEADER.shareNode; ; at = this.#parentOf(at)) {
      this.#add(
        at,
        SHARE_NODE.virtualNs,
        this.#get(at, SHARE_NODE.virtualNs),
        ranNs / this.#get(at, SHARE_NODE.shares),
      );
      const reservation = this.#get(at, SHARE_NODE.reservationCpus);
      if (reservation > 0)
        this.#add(at, SHARE_NODE.reservedNs, this.#get(at, SHARE_NODE.reservedNs), ranNs / reservation);
      const limitedNs = Math.max(now - LIMIT_SLACK_NS, this.#get(at, SHARE_NODE.limitedNs));
      this.#add(at, SHARE_NODE.limitedNs, limitedNs, ranNs / this.#get(at, SHARE_NODE.limitCpus));
      if (at === this.#root.at) return;
    }
  }

  /** A VM that slept brings nothing that it did not use: neither CPU time nor reservation. Its pools neither, if they slept with it. */
  wake(vm: Vm, now: number, isActive: (vm: Vm) => boolean): void {
    for (let at = vm.block + VM_HEADER.shareNode; at !== this.#root.at; at = this.#parentOf(at)) {
      const parent = this.#poolAt(this.#parentOf(at));
      const siblings = parent.children.filter((node) => node.at !== at && hasActive(node, isActive));
      const least = siblings.reduce(
        (ns, node) => Math.min(ns, this.#get(node.at, SHARE_NODE.virtualNs)),
        Number.POSITIVE_INFINITY,
      );
      const floor = Math.max(
        least === Number.POSITIVE_INFINITY ? 0 : least,
        this.#get(parent.at, SHARE_NODE.childVirtualNs),
      );
      this.#raise(at, SHARE_NODE.virtualNs, floor);
      this.#raise(at, SHARE_NODE.reservedNs, now);
      if (parent.children.some((node) => hasActive(node, isActive))) return;
    }
  }

  /** When a VM's limits, its own and its pools', let it run again; 0 or a time that may have passed. */
  limitedUntil(vm: Vm): number {
    let latest = 0;
    for (let at = vm.block + VM_HEADER.shareNode; ; at = this.#parentOf(at)) {
      latest = Math.max(latest, this.#get(at, SHARE_NODE.limitedNs));
      if (at === this.#root.at) return latest;
    }
  }

  #choose(pool: Pool, now: number, canRun: (vm: Vm) => boolean): Node | undefined {
    let best: Node | undefined;
    let bestBehind = false;
    let bestTag = Number.POSITIVE_INFINITY;
    for (const node of pool.children) {
      if (!this.#isEligible(node, now, canRun)) continue;
      const reservedNs = this.#get(node.at, SHARE_NODE.reservedNs);
      const behind = this.#get(node.at, SHARE_NODE.reservationCpus) > 0 && reservedNs <= now;
      const tag = behind ? reservedNs : this.#get(node.at, SHARE_NODE.virtualNs);
      if (best !== undefined && (behind === bestBehind ? tag >= bestTag : bestBehind)) continue;
      best = node;
      bestBehind = behind;
      bestTag = tag;
    }
    if (best !== undefined && !bestBehind) {
      // Time among siblings does not go back: one that its limit held up goes first, and then from here.
      this.#raise(pool.at, SHARE_NODE.childVirtualNs, bestTag);
      this.#raise(best.at, SHARE_NODE.virtualNs, this.#get(pool.at, SHARE_NODE.childVirtualNs));
    }
    return best;
  }

  #isEligible(node: Node, now: number, canRun: (vm: Vm) => boolean): boolean {
    if (this.#get(node.at, SHARE_NODE.limitedNs) > now) return false;
    return 'vm' in node ? canRun(node.vm) : node.children.some((child) => this.#isEligible(child, now, canRun));
  }

  /** The pool of an index, hung into the tree with the pools that it is in. */
  #pool(index: number): Pool {
    const known = this.#pools.get(index);
    if (known !== undefined) return known;
    const pool: Pool = { at: POOL_TABLE_OFFSET + index * POOL_BYTES, children: [] };
    this.#pools.set(index, pool);
    if (index !== ROOT_POOL) this.#pool(this.#view.getUint32(pool.at + SHARE_NODE.parent, true)).children.push(pool);
    return pool;
  }

  #poolAt(at: number): Pool {
    return this.#pool((at - POOL_TABLE_OFFSET) / POOL_BYTES);
  }

  #parentOf(at: number): number {
    return POOL_TABLE_OFFSET + this.#view.getUint32(at + SHARE_NODE.parent, true) * POOL_BYTES;
  }

  #get(at: number, field: number): number {
    return this.#view.getFloat64(at + field, true);
  }

  #add(at: number, field: number, from: number, ns: number): void {
    this.#view.setFloat64(at + field, from + ns, true);
  }

  #raise(at: number, field: number, floor: number): void {
    if (this.#get(at, field) < floor) this.#view.setFloat64(at + field, floor, true);
  }
}

function hasActive(node: Node, isActive: (vm: Vm) => boolean): boolean {
  return 'vm' in node ? isActive(node.vm) : node.children.some((child) => hasActive(child, isActive));
}

/** Whether an index names a pool that exists. */
export function isPool(view: DataView, index: number): boolean {
  return (
    index >= 0 &&
    index < POOLS_MAX &&
    view.getFloat64(POOL_TABLE_OFFSET + index * POOL_BYTES + SHARE_NODE.shares, true) > 0
  );
}

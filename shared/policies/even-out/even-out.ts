// Balances hosts as VMware DRS does (Gulati et al., "VMware Distributed Resource Management: Design, Implementation, and Lessons Learned",
// VMware Technical Journal 1(1), 2012): while the standard deviation of normalised load is too large, the best move is made that is
// worth more than it costs. Load is expected demand over capacity. Four things keep it from thrashing: a cluster must have been uneven for
// some intervals, balancing then goes on to a lower deviation, every move closes a gap by a least amount, and what was moved stays a while.

import { type ClusterState, compareNames, HostState } from '../../cluster/mod.ts';
import type { Ledger } from '../ledger.ts';
import { type MigrationLimitArguments, MigrationSlots } from '../migration-limits/mod.ts';
import type { Plan } from '../plan.ts';
import type { BalanceArguments } from './arguments.ts';
import { HostSpread } from './host-spread.ts';
import { migrationSeconds } from './migration-cost.ts';

export class BalanceMemory {
  unevenIntervals = 0;
  isBalancing = false;
  interval = 0;
  /** By VM: until which interval it stays, if it is still the VM of that generation. */
  readonly #stays = new Map<number, { readonly until: number; readonly generation: number }>();

  hold(state: ClusterState, vm: number, intervals: number): void {
    this.#stays.set(vm, { until: this.interval + intervals, generation: state.vms.generation[vm]! });
  }

  isHeld(state: ClusterState, vm: number): boolean {
    const stay = this.#stays.get(vm);
    return stay !== undefined && stay.until >= this.interval && stay.generation === state.vms.generation[vm];
  }

  /** Begins the next interval. */
  advance(): void {
    this.interval += 1;
    for (const [vm, { until }] of this.#stays) if (until < this.interval) this.#stays.delete(vm);
  }
}

interface Move {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  readonly demand: number;
  readonly seconds: number;
  /** Benefit less cost, in seconds of a host. */
  readonly net: number;
}

const MIB = 2 ** 20;
// Chosen: so many of the least loaded hosts are looked at for each VM; in a large cluster they are much alike.
const TAKERS_SEEN_MAX = 32;

/** Plans only what the limits let begin now: the deviation falls by exactly the moves of this plan, and the rest is planned anew. */
export function evenOut(
  ledger: Ledger,
  plan: Plan,
  memory: BalanceMemory,
  parameters: BalanceArguments & MigrationLimitArguments,
): void {
  memory.advance();
  const hosts = ledger.hostsByLoad(HostState.on);
  const spread = new HostSpread(ledger, hosts);
  memory.unevenIntervals = spread.deviation > parameters.unevenAbove ? memory.unevenIntervals + 1 : 0;
  if (memory.unevenIntervals >= parameters.unevenIntervals) memory.isBalancing = true;
  if (!memory.isBalancing) return;
  const slots = new MigrationSlots(ledger.state, parameters);
  const { mean } = spread;
  // No host is both: any part of the plan then makes things more even, not only the whole.
  const donors = hosts.filter((host) => ledger.settledUtilisation(host) > mean).reverse();
  const takers = hosts.filter((host) => ledger.settledUtilisation(host) < mean);
  const round = new BalancingRound(ledger, plan, memory, spread, slots, takers, parameters);
  for (const donor of donors) round.relieve(donor);
  const isUnderWay = slots.isFull || hosts.some((host) => ledger.state.hosts.incomingCount[host]! > 0);
  const isDone = spread.deviation <= parameters.evenBelow || (plan.moves.length === 0 && !isUnderWay);
  if (!isDone) return;
  memory.isBalancing = false;
  memory.unevenIntervals = 0;
}

class BalancingRound {
  readonly #ledger: Ledger;
  readonly #plan: Plan;
  readonly #memory: BalanceMemory;
  readonly #spread: HostSpread;
  readonly #slots: MigrationSlots;
  /** The least loaded first, also after what is planned. */
  readonly #takers: number[];
  readonly #parameters: BalanceArguments;

  constructor(
    ledger: Ledger,
    plan: Plan,
    memory: BalanceMemory,
    spread: HostSpread,
    slots: MigrationSlots,
    takers: number[],
    parameters: BalanceArguments,
  ) {
    this.#ledger = ledger;
    this.#plan = plan;
    this.#memory = memory;
    this.#spread = spread;
    this.#slots = slots;
    this.#takers = takers;
    this.#parameters = parameters;
  }

  /** Moves VMs off a host while a move is worth it. */
  relieve(donor: number): void {
    while (!this.#slots.isFull && this.#slots.hasRoomFrom(donor)) {
      if (this.#spread.deviation <= this.#parameters.evenBelow) return;
      const move = this.#bestMoveFrom(donor);
      if (move === undefined) return;
      this.#make(move);
    }
  }

  #bestMoveFrom(donor: number): Move | undefined {
    const { state, load } = this.#ledger;
    let best: Move | undefined;
    for (const vm = state.vmCursor().on(donor); vm.next(); ) {
      if (!vm.isMovable || load.vmDemand[vm.index] === 0 || this.#memory.isHeld(state, vm.index)) continue;
      const move = this.#bestMoveOf(vm.index, donor);
      if (move !== undefined && (best === undefined || this.#compare(move, best) < 0)) best = move;
    }
    return best;
  }

  #bestMoveOf(vm: number, from: number): Move | undefined {
    const seconds = migrationSeconds(this.#ledger.state, vm, this.#parameters.copyMibPerSecond * MIB);
    if (seconds === Number.POSITIVE_INFINITY) return undefined;
    const memoryBytes = this.#ledger.state.vms.memoryBytes[vm]!;
    let best: Move | undefined;
    for (const to of this.#takers.slice(0, TAKERS_SEEN_MAX)) {
      if (!this.#slots.hasRoomTo(to) || !this.#ledger.accepts(vm, to)) continue;
      if (this.#ledger.freeBytes(to) < memoryBytes) continue;
      const move = this.#judge(vm, from, to, seconds);
      if (move !== undefined && (best === undefined || move.net > best.net)) best = move;
    }
    return best;
  }

  /** The move, if it is worth it. */
  #judge(vm: number, from: number, to: number, seconds: number): Move | undefined {
    const { state, load } = this.#ledger;
    const { gainMin, stableSeconds, copyShare } = this.#parameters;
    const demand = load.vmDemand[vm]!;
    const shareTo = demand / state.capacity(to);
    const gap = this.#ledger.settledUtilisation(from) - this.#ledger.settledUtilisation(to);
    const gain = gap - Math.abs(gap - demand / state.capacity(from) - shareTo);
    // While it moves it has room at both ends, and it is copied.
    const net = gain * stableSeconds - seconds * (shareTo + copyShare);
    if (gain < gainMin || net <= 0) return undefined;
    // With hosts of unlike size a smaller gap does not yet mean a smaller deviation. With like ones this always holds.
    if (this.#spread.dropBy({ from, to, demand }) < (gainMin * gainMin) / 4) return undefined;
    return { vm, from, to, demand, seconds, net };
  }

  #compare(a: Move, b: Move): number {
    const { names } = this.#ledger.state.vms;
    return b.net - a.net || a.seconds - b.seconds || compareNames(names[a.vm]!, names[b.vm]!);
  }

  #make(move: Move): void {
    const { vm, from, to, seconds } = move;
    const before = this.#spread.deviation;
    const figures = {
      host: from,
      utilisation: this.#ledger.settledUtilisation(from),
      toUtilisation: this.#ledger.settledUtilisation(to),
    };
    this.#slots.take(from, to);
    this.#spread.apply(move);
    this.#ledger.assign(vm, to);
    // From now on, this interval included.
    this.#memory.hold(this.#ledger.state, vm, this.#parameters.stayIntervals);
    this.#reorder(to);
    const reason = { ...figures, to, deviation: before, deviationAfter: this.#spread.deviation, seconds };
    this.#plan.moves.push({ kind: 'migrate', vm, from, to, reason: { kind: 'uneven', ...reason } });
  }

  /** A host that got a VM moves back in the order. */
  #reorder(host: number): void {
    const utilisation = this.#ledger.settledUtilisation(host);
    let place = this.#takers.indexOf(host);
    for (; place + 1 < this.#takers.length; place++) {
      const next = this.#takers[place + 1]!;
      if (this.#ledger.settledUtilisation(next) >= utilisation) break;
      this.#takers[place] = next;
    }
    this.#takers[place] = host;
  }
}

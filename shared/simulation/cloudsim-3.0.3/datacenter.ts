// The data centre over a day: a step every 300 s that counts energy, lets finished VMs go and decides on migrations, and the
// migrations' arrivals in between. After `PowerDatacenter`, `PowerDatacenterNonPowerAware` and `Datacenter.processVmMigrate`.

import { SeededRandom } from '../../runtime/mod.ts';
import { simulationErrors } from '../errors.ts';
import type { TraceSet } from '../traces/trace-set.ts';
import { createDetector } from './detectors.ts';
import type { EventListener } from './events.ts';
import { HostDemand } from './host-demand.ts';
import { HostLedger } from './host-ledger.ts';
import { HostTable } from './host-table.ts';
import { updateHost } from './host-update.ts';
import { type Moves, Optimiser } from './optimise.ts';
import { Placement } from './placement.ts';
import type { CloudSimPolicy } from './policy.ts';
import { knownWatts, PEAK_WATTS } from './power-model.ts';
import { FIRST_STEP_S, HORIZON_S, INTERVAL_S, MIGRATION_MBPS, SLOTS_PER_HOST } from './scenario.ts';
import { createSelector } from './selection.ts';
import { ShareScheduler } from './share-scheduler.ts';
import { createVms } from './vm-creation.ts';
import { VmLedger } from './vm-ledger.ts';
import { NO_HOST, VmTable } from './vm-table.ts';

export interface DatacenterOptions {
  readonly policy: CloudSimPolicy;
  /** VMs that ask for nothing stay. CloudSim takes them for finished and deletes them for good. */
  readonly keepIdle: boolean;
  readonly listener: EventListener | null;
}

export class Datacenter {
  readonly hosts: HostTable;
  readonly vms: VmTable;
  readonly hostLedger: HostLedger;
  readonly vmLedger: VmLedger;
  readonly shares: ShareScheduler;
  wattSeconds = 0;
  migrations = 0;
  readonly #options: DatacenterOptions;
  readonly #demand: HostDemand;
  readonly #optimiser: Optimiser | null;
  #lastTime = 0;

  constructor(traces: TraceSet, options: DatacenterOptions) {
    this.#options = options;
    const vms = new VmTable(traces);
    const hosts = new HostTable(vms.count);
    this.vms = vms;
    this.hosts = hosts;
    this.hostLedger = new HostLedger(hosts.count);
    this.vmLedger = new VmLedger(vms.count);
    const { policy } = options;
    const migrates = policy.kind === 'migrate';
    const isVariation = options.keepIdle || (migrates && policy.chargeWake);
    this.shares = new ShareScheduler(hosts, vms, isVariation ? 'list' : 'map');
    const detector = migrates ? createDetector(policy.detector, policy.parameter) : createDetector('thr', 1);
    this.#demand = new HostDemand(hosts, vms, detector.depth);
    const placement = new Placement(hosts, vms, this.shares, this.#demand, {
      ...{ detector, chargeWake: migrates && policy.chargeWake, forgivesRounding: options.keepIdle },
    });
    const state = { hosts, vms, shares: this.shares, demand: this.#demand, placement };
    createVms(state, migrates ? 'least-power' : 'first-fit');
    this.#optimiser = migrates
      ? new Optimiser(state, detector, createSelector(policy.selector, new SeededRandom(policy.seed)))
      : null;
  }

  run(): void {
    for (let time = FIRST_STEP_S; time < HORIZON_S; time += INTERVAL_S) {
      this.#update(time);
      if (this.#optimiser === null) continue;
      const moves = this.#optimiser.optimise();
      this.#start(moves, time);
      this.#finish(moves, time);
    }
    this.hostLedger.end();
  }

  /** CloudSim's "force update": hosts, energy, finished VMs. */
  #update(time: number): void {
    this.vms.advance(time);
    this.#demand.forget();
    this.hostLedger.begin(time);
    for (let host = 0; host < this.hosts.count; host++) updateHost(this, host, time);
    const seconds = time - this.#lastTime;
    const frame = this.#options.policy.kind === 'npa' ? this.#peakEnergy(seconds) : this.#energy(seconds);
    this.wattSeconds += frame;
    this.#options.listener?.energyCounted(time, frame, this.wattSeconds, this.hostLedger.activeCount());
    if (!this.#options.keepIdle) this.#retireIdle();
    this.#lastTime = time;
  }

  /** A host that was not used at the last update costs nothing, even if it has been woken since. */
  #energy(seconds: number): number {
    if (seconds <= 0) return 0;
    const { previousUtilization, utilization, watts, previousWatts } = this.hosts;
    let sum = 0;
    for (let host = 0; host < this.hosts.count; host++) {
      if (previousUtilization[host] === 0) continue;
      const before = knownWatts(previousWatts[host]!, previousUtilization[host]!);
      const now = knownWatts(watts[host]!, utilization[host]!);
      sum += (before + (now - before) / 2) * seconds;
    }
    return sum;
  }

  #peakEnergy(seconds: number): number {
    let sum = 0;
    for (const type of this.hosts.type) sum += PEAK_WATTS[type]! * seconds;
    return sum;
  }

  /** A VM that asks for nothing and is not migrating counts as finished. */
  #retireIdle(): void {
    const { hosts, vms } = this;
    for (let host = 0; host < hosts.count; host++) {
      const start = host * SLOTS_PER_HOST;
      const before = hosts.residentCount[host]!;
      for (let position = before - 1; position >= 0; position--) {
        const vm = hosts.residents[start + position]!;
        if (vms.requestedMips[vm] !== 0 || vms.inMigration[vm] === 1) continue;
        hosts.remove(host, vm);
        vms.retire(vm);
      }
      if (hosts.residentCount[host] !== before) this.shares.settle(host);
    }
  }

  #start(moves: Moves, time: number): void {
    const { hosts, vms } = this;
    const touched = new Set<number>();
    for (let index = 0; index < moves.length; index += 2) {
      const vm = moves[index]!;
      const target = moves[index + 1]!;
      const source = vms.hostOf[vm]!;
      vms.inMigration[vm] = 1;
      this.migrations++;
      this.#options.listener?.migrationStarted(time, vm, source, target);
      if (hosts.positionOf(target, vm) >= 0) continue;
      if (hosts.isFull(target)) throw simulationErrors.create('SIMULATION_HOST_FULL', { time, host: target });
      hosts.append(target, vm, 1);
      touched.add(target).add(source);
    }
    // CloudSim updates target and source at every start; only the last update of a host at a time has effects.
    for (const host of touched) updateHost(this, host, time);
  }

  /** Arrivals until the next step, by time, those of equal time in the order in which they started. */
  #finish(moves: Moves, time: number): void {
    const arrivals = new Map<number, Moves>();
    for (let index = 0; index < moves.length; index += 2) {
      const vm = moves[index]!;
      const arrival = time + this.vms.ramMb[vm]! / MIGRATION_MBPS;
      if (arrival >= HORIZON_S) continue;
      const together = arrivals.get(arrival) ?? [];
      together.push(vm, moves[index + 1]!);
      arrivals.set(arrival, together);
    }
    for (const [arrival, together] of [...arrivals].sort(([a], [b]) => a - b)) {
      this.#update(arrival);
      for (let index = 0; index < together.length; index += 2) this.#arrive(together[index]!, together[index + 1]!);
      this.#update(arrival);
    }
  }

  /** Shares are left as they are, for the update that follows. */
  #arrive(vm: number, target: number): void {
    const { hosts, vms } = this;
    const present = vms.hostOf[vm]!;
    if (present !== NO_HOST) hosts.remove(present, vm);
    if (hosts.positionOf(target, vm) >= 0) hosts.remove(target, vm);
    vms.inMigration[vm] = 0;
    hosts.append(target, vm, 0);
    vms.hostOf[vm] = target;
  }
}

// Where does a VM go? First fit for NPA and DVFS (`PowerVmAllocationPolicySimple`), and for all others the host whose power would
// rise least (`PowerVmAllocationPolicyMigrationAbstract`, findHostForVm). CloudSim tries a VM on a host by creating it there
// and destroying it again, which disturbs the host's shares and so what later VMs find; that is done here as well, but once a host is settled
// a trial changes nothing more, so that the question whether it would be over-utilised is asked of the best hosts only.

import type { Detector } from './detectors.ts';
import type { HostDemand } from './host-demand.ts';
import type { HostTable } from './host-table.ts';
import { knownWatts, wattsOrNaN } from './power-model.ts';
import type { ShareScheduler } from './share-scheduler.ts';
import { NO_HOST, type VmTable } from './vm-table.ts';

export interface PlacementRules {
  readonly detector: Detector;
  /** Waking an empty host is charged with its idle power. CloudSim does not. */
  readonly chargeWake: boolean;
  /** What power is asked for at a utilisation in (1, 1.01). */
  readonly forgivesRounding: boolean;
}

export class Placement {
  readonly #hosts: HostTable;
  readonly #vms: VmTable;
  readonly #shares: ShareScheduler;
  readonly #demand: HostDemand;
  readonly #rules: PlacementRules;

  constructor(hosts: HostTable, vms: VmTable, shares: ShareScheduler, demand: HostDemand, rules: PlacementRules) {
    this.#hosts = hosts;
    this.#vms = vms;
    this.#shares = shares;
    this.#demand = demand;
    this.#rules = rules;
  }

  /**
   * The host of the least rise in power among the candidates (in the order of their numbers) that are not excluded; the first among
   * equals; NO_HOST if none will do.
   */
  find(vm: number, candidates: Int32Array, isExcluded: Uint8Array): number {
    const hosts = this.#hosts;
    let chosen = NO_HOST;
    let leastRise = Number.MAX_VALUE;
    let offTypesSeen = 0;
    for (const host of candidates) {
      if (isExcluded[host] === 1 || !this.fits(vm, host)) continue;
      const isUsed = hosts.used(host) !== 0;
      if (hosts.residentCount[host] === 0 && hosts.utilization[host] === 0) {
        // Of hosts that are off and of one type only the first can be chosen.
        const typeBit = 1 << hosts.type[host]!;
        if ((offTypesSeen & typeBit) !== 0) continue;
        offTypesSeen |= typeBit;
      }
      if (isUsed) this.#shares.disturb(host, vm);
      const rise = this.#rise(vm, host);
      if (rise >= leastRise) continue;
      if (isUsed && this.#rules.detector.isOver(this.#demand, host, vm)) continue;
      leastRise = knownWatts(rise, this.#utilizationWith(vm, host));
      chosen = host;
    }
    return chosen;
  }

  /** CPU only: after its creation a VM asks for no memory and no bandwidth. */
  fits(vm: number, host: number): boolean {
    const hosts = this.#hosts;
    const requested = this.#vms.requestedMips[vm]!;
    return hosts.peMips[host]! >= requested && hosts.availableMips[host]! >= requested && !hosts.isFull(host);
  }

  /** "Now" is as of the host's last update, and does not count VMs that this round has put there. */
  #rise(vm: number, host: number): number {
    const hosts = this.#hosts;
    const after = wattsOrNaN(hosts.type[host]!, this.#utilizationWith(vm, host));
    if (this.#rules.chargeWake && hosts.utilization[host] === 0 && hosts.residentCount[host] === 0) return after;
    return after - knownWatts(hosts.watts[host]!, hosts.utilization[host]!);
  }

  #utilizationWith(vm: number, host: number): number {
    const hosts = this.#hosts;
    const utilization = (hosts.used(host) + this.#vms.requestedMips[vm]!) / hosts.capacityMips[host]!;
    return this.#rules.forgivesRounding && utilization > 1 && utilization < 1.01 ? 1 : utilization;
  }
}

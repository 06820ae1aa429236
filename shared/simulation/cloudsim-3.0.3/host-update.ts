// A host at a moment: its VMs' demand, their shares, how used it is, and what goes into the histories. After
// `HostDynamicWorkload.updateVmsProcessing`. A VM that migrates in is counted with its whole demand but gets a tenth of it, and so every
// migration makes its target a violator for as long as it lasts: that is CloudSim's accounting.

import type { HostLedger } from './host-ledger.ts';
import type { HostTable } from './host-table.ts';
import { wattsOrNaN } from './power-model.ts';
import { SLOTS_PER_HOST } from './scenario.ts';
import type { ShareScheduler } from './share-scheduler.ts';
import type { VmLedger } from './vm-ledger.ts';
import type { VmTable } from './vm-table.ts';

const MIGRATING_OUT_SHARE = 0.9;

export interface UpdatedState {
  readonly hosts: HostTable;
  readonly vms: VmTable;
  readonly shares: ShareScheduler;
  readonly hostLedger: HostLedger;
  readonly vmLedger: VmLedger;
}

/** The VMs must have been advanced to `time`, and the host ledger begun. */
export function updateHost(state: UpdatedState, host: number, time: number): void {
  const { hosts, vms } = state;
  hosts.previousUtilization[host] = hosts.utilization[host]!;
  hosts.previousWatts[host] = hosts.watts[host]!;
  state.shares.allocateAll(host);
  let used = 0;
  let requested = 0;
  const start = host * SLOTS_PER_HOST;
  const end = start + hosts.residentCount[host]!;
  for (let slot = start; slot < end; slot++) {
    const vm = hosts.residents[slot]!;
    const requestedMips = vms.requestedMips[vm]!;
    let allocated = hosts.allocatedMips[slot]!;
    if (hosts.migratingIn[slot] === 0) {
      const inMigration = vms.inMigration[vm]!;
      state.vmLedger.record(vm, time, allocated, requestedMips, inMigration);
      if (inMigration === 1) allocated /= MIGRATING_OUT_SHARE;
    }
    used += allocated;
    requested += requestedMips;
  }
  const exact = used / hosts.capacityMips[host]!;
  const utilization = exact > 1 && exact < 1.01 ? 1 : exact;
  hosts.utilization[host] = utilization;
  hosts.watts[host] = wattsOrNaN(hosts.type[host]!, utilization);
  state.hostLedger.record(host, used, requested);
}

// How VMs come to their first hosts, one after the other at time 0. This is the only time when memory and bandwidth bind: a VM that is being
// created asks for all of its type, and afterwards for what its trace says of CPU and for none of the others.

import { simulationErrors } from '../errors.ts';
import type { HostDemand } from './host-demand.ts';
import type { HostTable } from './host-table.ts';
import type { Placement } from './placement.ts';
import { HOST_BANDWIDTH_KBITPS, HOST_RAM_MB, VM_BANDWIDTH_KBITPS } from './scenario.ts';
import type { ShareScheduler } from './share-scheduler.ts';
import { NO_HOST, type VmTable } from './vm-table.ts';

interface CreationState {
  readonly hosts: HostTable;
  readonly vms: VmTable;
  readonly shares: ShareScheduler;
  readonly demand: HostDemand;
  readonly placement: Placement;
}

/** Throws SIMULATION_NO_ROOM. */
export function createVms(state: CreationState, where: 'first-fit' | 'least-power'): void {
  const { hosts, vms, shares, demand, placement } = state;
  const freeRamMb = new Float64Array(hosts.count).fill(HOST_RAM_MB);
  const freeBandwidth = new Float64Array(hosts.count).fill(HOST_BANDWIDTH_KBITPS);
  const everyHost = Int32Array.from({ length: hosts.count }, (_, host) => host);
  const lacksRoom = new Uint8Array(hosts.count);
  for (let vm = 0; vm < vms.count; vm++) {
    vms.requestedMips[vm] = vms.mips[vm]!;
    for (let host = 0; host < hosts.count; host++) {
      lacksRoom[host] = freeRamMb[host]! < vms.ramMb[vm]! || freeBandwidth[host]! < VM_BANDWIDTH_KBITPS ? 1 : 0;
    }
    const host =
      where === 'first-fit' ? firstFit(hosts, placement, vm, lacksRoom) : placement.find(vm, everyHost, lacksRoom);
    if (host === NO_HOST) {
      throw simulationErrors.create('SIMULATION_NO_ROOM', { vm, vms: vms.count, hosts: hosts.count });
    }
    hosts.append(host, vm, 0);
    shares.allocateLast(host);
    vms.hostOf[vm] = host;
    freeRamMb[host]! -= vms.ramMb[vm]!;
    freeBandwidth[host]! -= VM_BANDWIDTH_KBITPS;
    // It has no work yet, though its share stays reserved until the first step.
    vms.requestedMips[vm] = 0;
    demand.forget();
  }
}

function firstFit(hosts: HostTable, placement: Placement, vm: number, lacksRoom: Uint8Array): number {
  for (let host = 0; host < hosts.count; host++) {
    if (lacksRoom[host] === 0 && placement.fits(vm, host)) return host;
  }
  return NO_HOST;
}

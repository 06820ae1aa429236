// VMs of a scenario file, written out, and whether they can fit at all.

import type { CpuAllocation, HostSpecification, VmSpecification } from '../protocol/mod.ts';
import type { VmGroup } from './file-schema.ts';
import { fillNumber, hasNumber } from './member-names.ts';
import { type Reading, read } from './reading.ts';
import { formatQuantity } from './units.ts';

export function loadVms(
  reading: Reading,
  groups: readonly VmGroup[],
  hosts: readonly HostSpecification[],
): readonly VmSpecification[] {
  const vms = new Map<string, VmSpecification>();
  const free = new Map(hosts.map((host) => [host.host, host.memoryBytes]));
  groups.forEach((group, index) => {
    const path = ['vms', index] as const;
    if (!reading.isSound(path)) return;
    const count = group.count ?? 1;
    if (count > 1 && !hasNumber(group.name)) {
      reading.refuse([...path, 'name'], `${count} VMs need a number in their name`, `${group.name}-{n}`);
      return;
    }
    const { images } = reading.tables;
    if (images !== undefined && !images.includes(group.image)) {
      reading.refuseName([...path, 'image'], 'guest image', group.image, images);
    }
    const memoryBytes = read('size', group.memory);
    for (let number = 1; number <= count; number++) {
      const vm = fillNumber(group.name, number);
      if (vms.has(vm)) reading.refuse([...path, 'name'], `the VM \`${vm}\` is there already`);
      const pinnedTo = group.host === undefined ? undefined : fillNumber(group.host, number);
      if (pinnedTo !== undefined) take(reading, free, index, pinnedTo, memoryBytes);
      vms.set(vm, {
        vm,
        image: group.image,
        memoryBytes,
        diskBytes: read('size', group.disk ?? 0),
        bootArguments: fillNumber(group.arguments ?? '', number),
        ...(group.cpu === undefined ? {} : { cpu: allocation(group.cpu) }),
        ...(pinnedTo === undefined ? {} : { pinnedTo }),
      });
    }
  });
  checkTotal(reading, [...vms.values()], hosts);
  return [...vms.values()];
}

function allocation({ shares, reservation, limit }: NonNullable<VmGroup['cpu']>): CpuAllocation {
  return {
    ...(shares === undefined ? {} : { shares }),
    ...(reservation === undefined ? {} : { reservation: read('instructionRate', reservation) }),
    ...(limit === undefined ? {} : { limit: read('instructionRate', limit) }),
  };
}

function take(reading: Reading, free: Map<string, number>, index: number, host: string, memoryBytes: number): void {
  const left = free.get(host);
  if (left === undefined) {
    if (reading.isSound(['hosts'])) reading.refuseName(['vms', index, 'host'], 'host', host, [...free.keys()]);
    return;
  }
  free.set(host, left - memoryBytes);
  if (left >= 0 && left < memoryBytes) {
    reading.refuse(['vms', index, 'host'], `the VMs that start on \`${host}\` need more memory than it has`);
  }
}

function checkTotal(reading: Reading, vms: readonly VmSpecification[], hosts: readonly HostSpecification[]): void {
  if (!reading.isSound(['hosts']) || !reading.isSound(['vms'])) return;
  const needed = vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
  const present = hosts.reduce((sum, host) => sum + host.memoryBytes, 0);
  if (needed > present) {
    const figures = `${formatQuantity('size', needed)} of ${formatQuantity('size', present)}`;
    reading.refuseKey(['vms'], `the VMs need more memory than all hosts have (${figures})`);
  }
}

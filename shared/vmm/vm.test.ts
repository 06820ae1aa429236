// A VM's life in host memory: what it takes it gives back, also when it could not be made, and it goes on only when it is told to.

import { expect, test } from 'vitest';
import { addi, jal, sw } from '../machine/testing/assemble.ts';
import { NS_PER_MS } from '../runtime/mod.ts';
import { RunState, Vm } from './mod.ts';
import { HostWithGuests } from './testing/host-with-guests.ts';

const PAGE_BYTES = 4096;
const BUSY = [addi(10, 10, 1), jal(0, -4)];

test('all memory comes back when a VM is destroyed, whatever it touched', () => {
  const host = new HostWithGuests();
  const free = host.memory.freeFrames;
  const vms = [1, 2, 3].map(() => host.start(BUSY, 0, { diskBytes: 16 * PAGE_BYTES }));
  host.cpus.run(0, 10 * NS_PER_MS);
  for (const vm of vms) {
    vm.pages.writeFrame(vm.pages.pageCount - 1);
    expect(vm.pages.residentPages()).toBeGreaterThan(1);
  }
  for (const vm of vms) vm.destroy();
  expect(host.memory.freeFrames).toBe(free);
  expect(host.memory.vmSlotsUsed).toBe(0);
});

test('a VM that cannot be made leaves nothing behind', () => {
  const host = new HostWithGuests();
  const free = host.memory.freeFrames;
  const make = (bootArguments: string) =>
    Vm.create(host.memory, host.core, { memoryBytes: 64 * PAGE_BYTES, diskBytes: 0, bootArguments });
  expect(() => make('ä'.repeat(1000))).toThrow(/boot arguments/);
  expect(host.memory.freeFrames).toBe(free);
  expect(host.memory.vmSlotsUsed).toBe(0);
  for (let slot = 0; slot < 512; slot += 1) host.memory.addVmBlock(PAGE_BYTES);
  expect(() => make('')).toThrow(/512 VMs already/);
  expect(host.memory.freeFrames).toBe(free);
});

test('a paused VM does not run, and goes on where it was', () => {
  const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
  const vm = host.start(BUSY);
  host.cpus.run(0, NS_PER_MS);
  vm.pause();
  expect(vm.runState).toBe(RunState.paused);
  host.cpus.run(NS_PER_MS, 5 * NS_PER_MS);
  expect(vm.accounting.instructions).toBe(1000);
  vm.resume(5 * NS_PER_MS);
  host.cpus.run(5 * NS_PER_MS, 6 * NS_PER_MS);
  expect(vm.accounting).toMatchObject({ instructions: 2000, stealNs: 0 });
  expect(vm.ranUntilNs).toBe(6 * NS_PER_MS);
});

test('a VM that has ended stays so: it cannot be paused, and what it was is kept', () => {
  const host = new HostWithGuests({ instructionsPerSecond: 1_000_000 });
  const vm = host.start([sw(10, 11, 0)]);
  vm.machine.setX(10, 0x5555n);
  vm.machine.setX(11, 0x10_0000n);
  expect(vm.stopped).toBeUndefined();
  host.cpus.run(0, NS_PER_MS);
  vm.pause();
  expect(vm.stopped).toEqual({ reason: 'shutdown', exitCode: 0 });
  expect(() => vm.resume(NS_PER_MS)).toThrow(/only a paused VM/);
});

// What a host node keeps for a VM beside the machine: the lines of both of its consoles, the inputs it has seen, and that all of it moves.

import { expect, test } from 'vitest';
import { negotiate, QueueDriver, start } from '../../shared/machine/devices/testing/queue-driver.ts';
import { addi, jal } from '../../shared/machine/testing/assemble.ts';
import { NS_PER_MS } from '../../shared/runtime/mod.ts';
import type { Vm } from '../../shared/vmm/mod.ts';
import { boardOf } from '../../shared/vmm/testing/guest-board.ts';
import { HostWithGuests } from '../../shared/vmm/testing/host-with-guests.ts';
import { vmSpecification } from '../../test/virtual-cluster.ts';
import { ResidentVm } from './resident-vm.ts';

const RAM = 0x8000_0000;
const TEXT = RAM + 0x10000;
const CONSOLE = 0x1000_2000;
const owner = { vm: 'v', host: 'h', epoch: 1 };
const resident = (vm: Vm, baggage?: ReturnType<ResidentVm['baggage']>) =>
  new ResidentVm(vmSpecification('v', 'burn'), owner, vm, baggage);

/** Sends text through the virtio console, as a driver does. */
async function printer(vm: Vm): Promise<(text: string) => Promise<void>> {
  const board = boardOf(vm);
  vm.machine.beginSlice(0, 10_000_000);
  await negotiate(board, CONSOLE, 0);
  const transmit = new QueueDriver(board, CONSOLE, 1, 8, RAM + 0x20000);
  await transmit.enable();
  await start(board, CONSOLE);
  return async (text) => {
    vm.machine.writeMemory(TEXT, new TextEncoder().encode(text));
    await transmit.put([{ address: TEXT, length: text.length, isWritable: false }]);
    await transmit.notify();
  };
}

test('what a guest prints on its virtio console is told as well, and does not hold it up', async () => {
  const host = new HostWithGuests();
  const vm = host.create([addi(10, 10, 1), jal(0, -4)]);
  const print = await printer(vm);
  const seen = resident(vm);
  await print('hello\nwor');
  expect(seen.takeConsoleLines()).toEqual(['hello']);
  await print('ld\n');
  expect(seen.takeConsoleLines()).toEqual(['world']);
  // More than the device's ring holds: the guest waits until the host has read.
  await print(`${'x'.repeat(79)}\n`.repeat(100));
  vm.machine.pc = BigInt(RAM);
  vm.resume(0);
  const lines: string[] = [];
  for (let now = 0; now < 10; now += 1) {
    host.cpus.run(now * NS_PER_MS, (now + 1) * NS_PER_MS);
    lines.push(...seen.takeConsoleLines());
  }
  expect(lines).toEqual(new Array(100).fill('x'.repeat(79)));
  expect(vm.accounting.instructions).toBeGreaterThan(50_000);
});

test('half a line on either console, inputs and instructions move with the VM', async () => {
  const host = new HostWithGuests();
  const vm = host.create([addi(10, 10, 1), jal(0, -4)]);
  const print = await printer(vm);
  const before = resident(vm);
  await print('one ');
  expect(before.takeConsoleLines()).toEqual([]);
  expect(before.type('a', new TextEncoder().encode('x'))).toBe(true);
  const after = resident(vm, before.baggage());
  await print('line\n');
  expect(after.takeConsoleLines()).toEqual(['one line']);
  const space = vm.machine.consoleInputSpace;
  expect(after.type('a', new TextEncoder().encode('x'))).toBe(true);
  expect(vm.machine.consoleInputSpace).toBe(space);
});

// A VM's board as a driver in its guest sees it, for tests that set up devices: registers are read and written by guest instructions, so that a
// device does what it does for a guest; what a driver keeps in RAM is put there by the host.

import { expect } from 'vitest';
import type { TestBoard } from '../../machine/devices/testing/queue-driver.ts';
import { RAM_ADDRESS } from '../../machine/mod.ts';
import { lw, program, sw } from '../../machine/testing/assemble.ts';
import type { Vm } from '../mod.ts';

const A0 = 10;
const A1 = 11;
/** In page 0, behind the guest's own program. */
const CODE = RAM_ADDRESS + 0x800;

export function boardOf(vm: Vm): TestBoard {
  const { machine } = vm;
  const execute = (word: number): void => {
    machine.pc = BigInt(CODE);
    machine.writeMemory(CODE, program(word));
    // A store that fills the console's output stops the run, after it.
    expect(machine.run(1)).toMatch(/budget|console/);
    expect(machine.executed).toBe(1);
    expect(machine.csr(0x342)).toBe(0n);
  };
  return {
    read: (at) => {
      machine.setX(A0, BigInt(at));
      execute(lw(A1, A0, 0));
      return Number(BigInt.asUintN(32, machine.x(A1)));
    },
    write: (at, value) => {
      machine.setX(A0, BigInt(at));
      machine.setX(A1, BigInt(value));
      execute(sw(A1, A0, 0));
    },
    readBytes: (at, length) => machine.readMemory(at, length),
    writeBytes: (at, bytes) => machine.writeMemory(at, bytes),
  };
}

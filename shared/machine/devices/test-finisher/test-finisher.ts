// SiFive's test finisher, as QEMU's virt board has it at 0x10_0000: a 16-bit status with a 16-bit code above it. Guests switch
// the machine off with it (Linux knows it as syscon-poweroff and syscon-reboot), and test programs report their result.

import type { Device, DeviceContext, DeviceType } from '../device.ts';

export const TEST_FINISHER_ADDRESS = 0x0010_0000;
export const TEST_FINISHER_BYTES = 0x1000;
export const FINISHER_FAIL = 0x3333;
export const FINISHER_PASS = 0x5555;
export const FINISHER_RESET = 0x7777;

class TestFinisher implements Device {
  readonly name = 'test-finisher';
  readonly address = TEST_FINISHER_ADDRESS;
  readonly size = TEST_FINISHER_BYTES;
  readonly accessSizes = 2 | 4;
  readonly #context: DeviceContext;

  constructor(context: DeviceContext) {
    this.#context = context;
  }

  read(): number {
    return 0;
  }

  write(offset: number, _size: number, value: number): void {
    if (offset !== 0) return;
    const code = value >>> 16;
    switch (value & 0xffff) {
      case FINISHER_PASS:
        this.#context.powerOff('pass', 0);
        break;
      case FINISHER_FAIL:
        this.#context.powerOff('fail', code);
        break;
      case FINISHER_RESET:
        this.#context.powerOff('reset', 0);
        break;
    }
  }

  reset(): void {
    // Without state: what the guest wrote has ended the run.
  }
}

export const testFinisher: DeviceType = {
  name: 'test-finisher',
  stateBytes: 0,
  stateVersion: 1,
  validateState: () => undefined,
  create: (context) => new TestFinisher(context),
};

// SiFive's core-local interruptor at 0x200_0000, for hart 0: software interrupt, timer compare and time (SiFive FU540 manual,
// chapter 9; QEMU 7.2 hw/intc/riscv_aclint). mtimecmp and the time belong to the core, which derives MTIP from them at the exact
// instruction; here are their addresses. 32- and 64-bit accesses both arrive as 32-bit halves, and a half may be written alone.

import { MSIP_BIT } from '../../interrupts.ts';
import type { Device, DeviceContext, DeviceType } from '../device.ts';
import { CLINT_MSIP, CLINT_STATE_BYTES, CLINT_STATE_VERSION, validateClint } from './persist.ts';

export const CLINT_ADDRESS = 0x0200_0000;
export const CLINT_BYTES = 0x1_0000;
const MSIP = 0x0000;
const MTIMECMP_LOW = 0x4000;
const MTIMECMP_HIGH = 0x4004;
const MTIME_LOW = 0xbff8;
const MTIME_HIGH = 0xbffc;

const TWO_32 = 2 ** 32;
/** The high half of mtime has 21 bits: time is a number, exact up to 2^53 ticks, which is 28 years of 10 MHz. */
const MTIME_HIGH_MASK = 0x1f_ffff;

class Clint implements Device {
  readonly name = 'clint';
  readonly address = CLINT_ADDRESS;
  readonly size = CLINT_BYTES;
  readonly accessSizes = 4 | 8;
  readonly #context: DeviceContext;

  constructor(context: DeviceContext) {
    this.#context = context;
  }

  read(offset: number, size: number): number {
    if (size !== 4) return 0;
    const context = this.#context;
    switch (offset) {
      case MSIP:
        return context.view.getUint32(context.base + CLINT_MSIP, true);
      case MTIMECMP_LOW:
        return context.timeCompareLow();
      case MTIMECMP_HIGH:
        return context.timeCompareHigh();
      case MTIME_LOW:
        return context.ticks() % TWO_32;
      case MTIME_HIGH:
        return Math.floor(context.ticks() / TWO_32);
      default:
        return 0;
    }
  }

  write(offset: number, size: number, value: number): void {
    if (size !== 4) return;
    const context = this.#context;
    const word = value >>> 0;
    switch (offset) {
      case MSIP:
        context.view.setUint32(context.base + CLINT_MSIP, word & 1, true);
        context.setHartLine(MSIP_BIT, (word & 1) !== 0);
        break;
      case MTIMECMP_LOW:
        context.setTimeCompare(word, context.timeCompareHigh());
        break;
      case MTIMECMP_HIGH:
        context.setTimeCompare(context.timeCompareLow(), word);
        break;
      case MTIME_LOW:
        context.setTicks(Math.floor(context.ticks() / TWO_32) * TWO_32 + word);
        break;
      case MTIME_HIGH:
        context.setTicks((word & MTIME_HIGH_MASK) * TWO_32 + (context.ticks() % TWO_32));
        break;
    }
  }

  reset(): void {
    const context = this.#context;
    context.view.setUint32(context.base + CLINT_MSIP, 0, true);
    context.setHartLine(MSIP_BIT, false);
    // As on QEMU's board: 0, and so MTIP is pending from the first instruction.
    context.setTimeCompare(0, 0);
  }
}

export const clint: DeviceType = {
  name: 'clint',
  stateBytes: CLINT_STATE_BYTES,
  stateVersion: CLINT_STATE_VERSION,
  validateState: validateClint,
  create: (context) => new Clint(context),
};

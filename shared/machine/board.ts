// Puts the board together over a block: gives each device type its bytes and its context. The order and sizes of the devices' states are
// the same in every VM, so that a block's size is known before there is one.

import type { Block } from './block.ts';
import { type Device, type DeviceContext, type InterruptController, virtBoardDevices } from './devices/mod.ts';
import { PAGE_BYTES } from './guest-pages.ts';
import {
  DEVICES,
  DISK_BYTES,
  EXIT_CODE,
  EXIT_REASON,
  HART_LINES,
  MTIMECMP,
  STOP_POWER_OFF,
  STOP_RECHECK,
} from './layout.ts';
import type { Ram } from './ram.ts';
import type { SliceClock } from './slice-clock.ts';

export const EXIT_REASONS = ['pass', 'fail', 'reset'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

const PLIC_NAME = 'plic';
const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Offsets in the block of the devices' states, in the order of virtBoardDevices; the last is their end. */
export const deviceOffsets: readonly number[] = (() => {
  const offsets = [DEVICES];
  for (const { stateBytes } of virtBoardDevices) offsets.push(offsets.at(-1)! + align8(stateBytes));
  return offsets;
})();

export const BLOCK_BYTES = Math.ceil(deviceOffsets.at(-1)! / PAGE_BYTES) * PAGE_BYTES;

export function createDevices(block: Block, clock: SliceClock, ram: Ram): readonly Device[] {
  const devices: Device[] = [];
  const setLine = (source: number, asserted: boolean): void => {
    const controller = devices.find(({ name }) => name === PLIC_NAME);
    if (controller === undefined) throw new Error('a device drives a line before there is a PLIC');
    (controller as InterruptController).setSource(source, asserted);
  };
  virtBoardDevices.forEach((type, index) => {
    devices.push(type.create(context(block, block.base + deviceOffsets[index]!, clock, ram, setLine)));
  });
  return devices;
}

function context(
  block: Block,
  base: number,
  clock: SliceClock,
  ram: Ram,
  setLine: DeviceContext['setLine'],
): DeviceContext {
  const ramBytes = ram.pages.ramPageCount * PAGE_BYTES;
  const requestRecheck = (): void => block.requestStop(STOP_RECHECK);
  return {
    bytes: block.host.bytes,
    view: block.host.view,
    base,
    setLine,
    setHartLine: (mipBit, asserted) => {
      const lines = block.int(HART_LINES);
      const next = asserted ? lines | (1 << mipBit) : lines & ~(1 << mipBit);
      if (next === lines) return;
      block.setInt(HART_LINES, next);
      requestRecheck();
    },
    ticks: () => clock.guestTicks(),
    setTicks: (ticks) => {
      clock.setGuestTicks(ticks);
      requestRecheck();
    },
    timeCompareLow: () => block.int(MTIMECMP) >>> 0,
    timeCompareHigh: () => block.high(MTIMECMP) >>> 0,
    setTimeCompare: (low, high) => {
      block.setHalves(MTIMECMP, low, high);
      requestRecheck();
    },
    dmaRead: (address, length, into, intoOffset) => ram.readPhysical(address, length, into, intoOffset),
    dmaWrite: (address, from, fromOffset, length) => ram.writePhysical(address, from, fromOffset, length),
    mediumBytes: block.double(DISK_BYTES),
    mediumRead: (offset, into, intoOffset, length) => ram.readPages(ramBytes + offset, into, intoOffset, length),
    mediumWrite: (offset, from, fromOffset, length) => ram.writePages(ramBytes + offset, from, fromOffset, length),
    requestRecheck,
    powerOff: (reason, code) => {
      block.setInt(EXIT_REASON, EXIT_REASONS.indexOf(reason) + 1);
      block.setInt(EXIT_CODE, code);
      block.requestStop(STOP_POWER_OFF);
    },
  };
}

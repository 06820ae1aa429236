// A small board for the devices' tests: real shared memory, RAM at its usual address, a medium, a clock that stands where the test
// put it, and a PLIC behind the devices' lines. It does what the core does for a device, and notes what a device asked of it.

import assert from 'node:assert/strict';
import { clint } from '../clint/mod.ts';
import type { Device, DeviceContext, DeviceType } from '../device.ts';
import { type InterruptController, plic } from '../plic/mod.ts';

export const RAM_BASE = 0x8000_0000;
const MEMORY_PAGES = 20;
const MEMORY_BYTES = MEMORY_PAGES * 65536;

/** What the machine's PageUnavailable is to devices. */
export class MissingPage extends Error {}

export class FakeBoard {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly ramBytes: number;
  readonly mediumBytes: number;
  readonly plic: InterruptController;
  readonly devices: Device[] = [];
  ticks = 0;
  timeCompareLow = 0;
  timeCompareHigh = 0;
  /** Levels of the hart's inputs, by bit number in mip. */
  hartLines = 0;
  rechecks = 0;
  /** DMA calls until one fails as it does where the host cannot provide a page; each failure is followed by none until it is set again. */
  dmaUntilMissingPage = Infinity;
  off: { reason: string; code: number } | undefined;
  readonly #ramAt: number;
  readonly #mediumAt: number;
  readonly #states: { device: Device; base: number; end: number }[] = [];
  #nextState = 64;

  constructor(options: { ramBytes?: number; mediumBytes?: number } = {}) {
    this.ramBytes = options.ramBytes ?? 0x4_0000;
    this.mediumBytes = options.mediumBytes ?? 0x1_0000;
    const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.#mediumAt = MEMORY_BYTES - this.mediumBytes;
    this.#ramAt = this.#mediumAt - this.ramBytes;
    this.plic = this.add(plic) as InterruptController;
    this.add(clint);
  }

  /** Makes a device over fresh, or over the given, state bytes. */
  add(type: DeviceType, base = this.#place(type.stateBytes)): Device {
    const context: DeviceContext = {
      bytes: this.bytes,
      view: this.view,
      base,
      setLine: (source, asserted) => this.plic.setSource(source, asserted),
      setHartLine: (bit, asserted) => {
        this.hartLines = asserted ? this.hartLines | (1 << bit) : this.hartLines & ~(1 << bit);
      },
      ticks: () => this.ticks,
      setTicks: (ticks) => {
        this.ticks = ticks;
      },
      timeCompareLow: () => this.timeCompareLow,
      timeCompareHigh: () => this.timeCompareHigh,
      setTimeCompare: (low, high) => {
        this.timeCompareLow = low;
        this.timeCompareHigh = high;
      },
      mediumBytes: this.mediumBytes,
      dmaRead: (address, length, into, intoOffset) => {
        this.#needPage();
        const at = this.ramOffset(address, length);
        if (at < 0) return false;
        into.set(this.bytes.subarray(at, at + length), intoOffset);
        return true;
      },
      dmaWrite: (address, from, fromOffset, length) => {
        this.#needPage();
        const at = this.ramOffset(address, length);
        if (at < 0) return false;
        this.bytes.set(from.subarray(fromOffset, fromOffset + length), at);
        return true;
      },
      mediumRead: (offset, into, intoOffset, length) => {
        into.set(this.medium.subarray(offset, offset + length), intoOffset);
      },
      mediumWrite: (offset, from, fromOffset, length) => {
        this.medium.set(from.subarray(fromOffset, fromOffset + length), offset);
      },
      requestRecheck: () => {
        this.rechecks += 1;
      },
      powerOff: (reason, code) => {
        this.off = { reason, code };
      },
    };
    const device = type.create(context);
    device.reset();
    this.devices.push(device);
    this.#states.push({ device, base, end: base + type.stateBytes });
    return device;
  }

  /** Absolute offset of a device's state bytes. */
  stateOf(device: Device): number {
    const state = this.#states.find((each) => each.device === device);
    assert(state !== undefined, 'the device is on this board');
    return state.base;
  }

  /** Absolute offset of a guest address, or -1 when the range is not wholly in RAM. */
  ramOffset(address: number, length: number): number {
    const offset = address - RAM_BASE;
    return offset >= 0 && offset + length <= this.ramBytes ? this.#ramAt + offset : -1;
  }

  /** Host memory that is neither RAM, nor the medium, nor state of the PLIC or of these devices: nothing may change there. */
  outsideOf(...devices: readonly Device[]): Uint8Array[] {
    const own = new Set<Device>([this.plic, ...devices]);
    const kept: Uint8Array[] = [];
    let at = 0;
    for (const { device, base, end } of this.#states) {
      if (!own.has(device)) continue;
      kept.push(this.bytes.subarray(at, base));
      at = end;
    }
    kept.push(this.bytes.subarray(at, this.#ramAt));
    return kept;
  }

  get ram(): Uint8Array {
    return this.bytes.subarray(this.#ramAt, this.#ramAt + this.ramBytes);
  }

  get medium(): Uint8Array {
    return this.bytes.subarray(this.#mediumAt, this.#mediumAt + this.mediumBytes);
  }

  #needPage(): void {
    this.dmaUntilMissingPage -= 1;
    if (this.dmaUntilMissingPage >= 0) return;
    this.dmaUntilMissingPage = Infinity;
    throw new MissingPage('the test has no page for this');
  }

  /** As the bus does it, by physical address. */
  read(address: number, size = 4): number {
    const device = this.#at(address);
    return device === undefined ? 0 : device.read(address - device.address, size);
  }

  write(address: number, value: number, size = 4): void {
    const device = this.#at(address);
    device?.write(address - device.address, size, value);
  }

  /** RAM, as a debugger sees it. */
  readBytes(address: number, length: number): Uint8Array {
    const at = this.ramOffset(address, length);
    assert(at >= 0, 'the test reads RAM');
    return this.bytes.slice(at, at + length);
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    const at = this.ramOffset(address, bytes.length);
    assert(at >= 0, 'the test writes RAM');
    this.bytes.set(bytes, at);
  }

  #at(address: number): Device | undefined {
    return this.devices.find((device) => address >= device.address && address < device.address + device.size);
  }

  #place(stateBytes: number): number {
    const base = this.#nextState;
    this.#nextState += Math.ceil(stateBytes / 8) * 8;
    return base;
  }
}

// Virtio over MMIO, version 2 (Virtual I/O Device specification 1.1, section 4.2.2): eight slots from 0x1000_1000, interrupts 1
// to 8, as on QEMU's virt board. QEMU's slots speak the legacy version 1 unless started with `-global
// virtio-mmio.force-legacy=false`; ours only speak the modern one. What a device does with its queues is in its subclass; the
// registers, the handshake, interrupts and the refusal of broken drivers are here.

import type { Device, DeviceContext } from '../device.ts';
import { Chain } from './chain.ts';
import * as p from './persist.ts';
import { Virtqueue } from './virtqueue.ts';

export const VIRTIO_ADDRESS = 0x1000_1000;
export const VIRTIO_SLOT_BYTES = 0x1000;
/** Of which the registers and the configuration space are the first; the rest answers nothing. */
export const VIRTIO_REGISTER_BYTES = 0x200;
export const VIRTIO_SLOTS = 8;
/** Of slot 0; the others follow. */
export const VIRTIO_FIRST_INTERRUPT = 1;

export const MAGIC_VALUE = 0x7472_6976;
export const MMIO_VERSION = 2;
/** QEMU's, because drivers look at it to find quirks. */
export const VENDOR_ID = 0x554d_4551;

const R_MAGIC = 0x000;
const R_VERSION = 0x004;
const R_DEVICE_ID = 0x008;
const R_VENDOR_ID = 0x00c;
const R_DEVICE_FEATURES = 0x010;
const R_DEVICE_FEATURES_SELECT = 0x014;
const R_DRIVER_FEATURES = 0x020;
const R_DRIVER_FEATURES_SELECT = 0x024;
const R_QUEUE_SELECT = 0x030;
const R_QUEUE_NUM_MAX = 0x034;
const R_QUEUE_NUM = 0x038;
const R_QUEUE_READY = 0x044;
const R_QUEUE_NOTIFY = 0x050;
const R_INTERRUPT_STATUS = 0x060;
const R_INTERRUPT_ACKNOWLEDGE = 0x064;
const R_STATUS = 0x070;
const R_QUEUE_DESCRIPTORS_LOW = 0x080;
const R_QUEUE_DESCRIPTORS_HIGH = 0x084;
const R_QUEUE_AVAILABLE_LOW = 0x090;
const R_QUEUE_AVAILABLE_HIGH = 0x094;
const R_QUEUE_USED_LOW = 0x0a0;
const R_QUEUE_USED_HIGH = 0x0a4;
const R_CONFIG_GENERATION = 0x0fc;
const R_CONFIG = 0x100;

const STATUS_DRIVER_OK = 4;
const STATUS_FEATURES_OK = 8;
const STATUS_NEEDS_RESET = 64;

const INTERRUPT_USED = 1;
const INTERRUPT_CONFIG = 2;

const FEATURE_INDIRECT = 1 << 28;
const FEATURE_EVENT_INDEX = 1 << 29;
/** Bit 32, VIRTIO_F_VERSION_1. */
const FEATURE_HIGH_VERSION_1 = 1;

/** Scratch, see Chain. */
const chain = new Chain();

export abstract class VirtioMmio implements Device {
  readonly name: string;
  readonly address: number;
  readonly size = VIRTIO_REGISTER_BYTES;
  readonly accessSizes = 1 | 2 | 4 | 8;
  protected readonly context: DeviceContext;
  /** Scratch that holds the chain at hand. */
  protected readonly chain = chain;
  readonly #queues: readonly Virtqueue[];
  readonly #interrupt: number;
  readonly #featuresLow: number;

  /** `features`: the device's own bits; those of the rings are added here. */
  protected constructor(context: DeviceContext, name: string, slot: number, queues: number, features: number) {
    this.context = context;
    this.name = name;
    this.address = VIRTIO_ADDRESS + slot * VIRTIO_SLOT_BYTES;
    this.#interrupt = VIRTIO_FIRST_INTERRUPT + slot;
    this.#featuresLow = (features | FEATURE_INDIRECT | FEATURE_EVENT_INDEX) >>> 0;
    this.#queues = Array.from(
      { length: queues },
      (_, index) => new Virtqueue(context, context.base + p.T_QUEUES + index * p.QUEUE_STATE_BYTES),
    );
  }

  // What a device adds.

  /** 0: nothing is plugged into this slot. */
  protected abstract readonly deviceId: number;
  /** Bytes of the configuration space. */
  protected abstract readonly configBytes: number;
  /** The aligned 32-bit word at `offset` of the configuration space. */
  protected abstract configWord(offset: number): number;
  protected abstract writeConfig(offset: number, size: number, value: number): void;
  /** The driver has put something into a queue, or the host has acted: does all the work there is. */
  protected abstract serve(queue: number): void;
  protected abstract resetDevice(): void;

  // The registers.

  read(offset: number, size: number): number {
    if (offset >= R_CONFIG) return this.#readConfig(offset - R_CONFIG, size);
    if (size !== 4) return 0;
    switch (offset) {
      case R_MAGIC:
        return MAGIC_VALUE;
      case R_VERSION:
        return MMIO_VERSION;
      case R_DEVICE_ID:
        return this.deviceId;
      case R_VENDOR_ID:
        return VENDOR_ID;
    }
    if (this.deviceId === 0) return 0;
    switch (offset) {
      case R_DEVICE_FEATURES:
        return this.#offered(this.get(p.T_DEVICE_FEATURES_SELECT));
      case R_QUEUE_NUM_MAX:
        return this.#selected === undefined ? 0 : p.QUEUE_MAX;
      case R_QUEUE_READY:
        return this.#selected?.get(p.Q_READY) ?? 0;
      case R_INTERRUPT_STATUS:
        return this.get(p.T_INTERRUPT);
      case R_STATUS:
        return this.get(p.T_STATUS);
      case R_CONFIG_GENERATION:
        return this.get(p.T_GENERATION);
      default:
        return 0;
    }
  }

  write(offset: number, size: number, value: number): void {
    if (this.deviceId === 0) return;
    if (offset >= R_CONFIG) {
      if (offset - R_CONFIG < this.configBytes) this.writeConfig(offset - R_CONFIG, size, value >>> 0);
      return;
    }
    if (size !== 4) return;
    const word = value >>> 0;
    switch (offset) {
      case R_DEVICE_FEATURES_SELECT:
        this.set(p.T_DEVICE_FEATURES_SELECT, word === 0 ? 0 : 1);
        break;
      case R_DRIVER_FEATURES_SELECT:
        this.set(p.T_DRIVER_FEATURES_SELECT, word === 0 ? 0 : 1);
        break;
      case R_DRIVER_FEATURES:
        this.#acceptFeatures(word);
        break;
      case R_QUEUE_SELECT:
        this.set(p.T_QUEUE_SELECT, word);
        break;
      case R_QUEUE_NOTIFY:
        this.notify(word);
        break;
      case R_INTERRUPT_ACKNOWLEDGE:
        this.set(p.T_INTERRUPT, this.get(p.T_INTERRUPT) & ~word);
        this.#updateInterrupt();
        break;
      case R_STATUS:
        this.#setStatus(word & 0xff);
        break;
      default:
        this.#writeQueueRegister(offset, word);
    }
  }

  reset(): void {
    for (let at = 0; at < p.T_QUEUES; at += 4) this.set(at, 0);
    for (const queue of this.#queues) queue.reset();
    this.resetDevice();
    this.#updateInterrupt();
  }

  // What a device uses.

  /** Serves a queue if the driver is ready for that. */
  protected notify(index: number): void {
    if (this.#queues[index]?.isReady && this.isRunning) this.serve(index);
  }

  protected get isRunning(): boolean {
    return (this.get(p.T_STATUS) & STATUS_DRIVER_OK) !== 0 && this.get(p.T_BROKEN) === 0;
  }

  /** The next chain of a queue, in `this.chain`; false when there is none, or when the driver broke a rule. */
  protected peek(index: number): boolean {
    const result = this.#queues[index]!.peek(chain, this.#has(FEATURE_INDIRECT));
    if (result === 'broken') this.fail();
    return result === 'chain';
  }

  /** Returns `this.chain`. False when that broke the device. */
  protected finish(index: number, written: number): boolean {
    if (this.#queues[index]!.finish(chain, written)) return true;
    this.fail();
    return false;
  }

  /** After a queue was served: tells the driver, if it wants to know, and asks it to speak up again. */
  protected conclude(index: number): void {
    if (this.get(p.T_BROKEN) !== 0) return;
    const queue = this.#queues[index]!;
    const eventIndices = this.#has(FEATURE_EVENT_INDEX);
    if (eventIndices && !queue.askForNotification()) {
      this.fail();
      return;
    }
    if (queue.wantsInterrupt(eventIndices)) this.#raise(INTERRUPT_USED);
  }

  /** The driver broke a rule: nothing more is done for it until it resets the device (section 2.1.2). */
  protected fail(): void {
    this.set(p.T_BROKEN, 1);
    this.set(p.T_STATUS, this.get(p.T_STATUS) | STATUS_NEEDS_RESET);
    if ((this.get(p.T_STATUS) & STATUS_DRIVER_OK) === 0) return;
    this.set(p.T_GENERATION, this.get(p.T_GENERATION) + 1);
    this.#raise(INTERRUPT_USED | INTERRUPT_CONFIG);
  }

  protected get(field: number): number {
    return this.context.view.getUint32(this.context.base + field, true);
  }

  protected set(field: number, value: number): void {
    this.context.view.setUint32(this.context.base + field, value >>> 0, true);
  }

  #has(mask: number): boolean {
    return (this.get(p.T_FEATURES_LOW) & mask) !== 0;
  }

  get #selected(): Virtqueue | undefined {
    return this.#queues[this.get(p.T_QUEUE_SELECT)];
  }

  #offered(half: number): number {
    return half === 0 ? this.#featuresLow : FEATURE_HIGH_VERSION_1;
  }

  #acceptFeatures(word: number): void {
    if ((this.get(p.T_STATUS) & STATUS_FEATURES_OK) !== 0) return;
    const half = this.get(p.T_DRIVER_FEATURES_SELECT);
    this.set(half === 0 ? p.T_FEATURES_LOW : p.T_FEATURES_HIGH, word & this.#offered(half));
  }

  #setStatus(status: number): void {
    if (status === 0) {
      this.reset();
      return;
    }
    const before = this.get(p.T_STATUS);
    let after = status;
    // A driver that does not speak version 1 learns here that it cannot go on (section 3.1.1, step 6).
    if ((this.get(p.T_FEATURES_HIGH) & FEATURE_HIGH_VERSION_1) === 0) after &= ~(STATUS_FEATURES_OK | STATUS_DRIVER_OK);
    if (this.get(p.T_BROKEN) !== 0) after |= STATUS_NEEDS_RESET;
    this.set(p.T_STATUS, after);
    const starts = (after & ~before & STATUS_DRIVER_OK) !== 0;
    // What the driver queued before it was ready, and what the host had waiting for it.
    if (starts) for (let index = 0; index < this.#queues.length; index += 1) this.notify(index);
  }

  #writeQueueRegister(offset: number, word: number): void {
    const queue = this.#selected;
    if (queue === undefined) return;
    if (offset === R_QUEUE_READY) {
      if ((word & 1) !== 0) queue.enable();
      else queue.disable();
      return;
    }
    const field = queueField(offset);
    if (field < 0 || queue.isReady) return;
    if (field === p.Q_NUM && word > p.QUEUE_MAX) return;
    queue.set(field, word);
  }

  #readConfig(offset: number, size: number): number {
    if (this.deviceId === 0) return 0;
    // Behind its end the space reads as ones, as QEMU's does.
    if (offset + size > this.configBytes) return (2 ** (size * 8) - 1) >>> 0;
    const word = this.configWord(offset & ~3) >>> ((offset & 3) * 8);
    return size === 4 ? word : word & ((1 << (size * 8)) - 1);
  }

  #raise(cause: number): void {
    this.set(p.T_INTERRUPT, this.get(p.T_INTERRUPT) | cause);
    this.#updateInterrupt();
  }

  #updateInterrupt(): void {
    this.context.setLine(this.#interrupt, this.get(p.T_INTERRUPT) !== 0);
  }
}

function queueField(offset: number): number {
  switch (offset) {
    case R_QUEUE_NUM:
      return p.Q_NUM;
    case R_QUEUE_DESCRIPTORS_LOW:
      return p.Q_DESCRIPTORS_LOW;
    case R_QUEUE_DESCRIPTORS_HIGH:
      return p.Q_DESCRIPTORS_HIGH;
    case R_QUEUE_AVAILABLE_LOW:
      return p.Q_AVAILABLE_LOW;
    case R_QUEUE_AVAILABLE_HIGH:
      return p.Q_AVAILABLE_HIGH;
    case R_QUEUE_USED_LOW:
      return p.Q_USED_LOW;
    case R_QUEUE_USED_HIGH:
      return p.Q_USED_HIGH;
    default:
      return -1;
  }
}

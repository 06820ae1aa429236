// The virtio console in slot 1 (Virtual I/O Device specification 1.1, section 5.3): one port, a queue in each direction, and the
// emergency write. What the guest sends goes into the output ring; when that is full, the chain at hand stays where it is until
// the host has read, with the number of its bytes already sent in the state. What the host sends waits in the input ring for buffers.

import { ByteRing } from '../byte-ring.ts';
import type { ConsolePort, DeviceContext, DeviceType } from '../device.ts';
import { type ConsoleDevice, RingConsole } from '../ring-console.ts';
import { VirtioMmio } from '../virtio-mmio/mod.ts';
import {
  C_INPUT,
  C_OUTPUT,
  C_SENT,
  C_UNSETTLED,
  C_WAITING,
  CONSOLE_QUEUES,
  CONSOLE_RING_BYTES,
  CONSOLE_STATE_BYTES,
  CONSOLE_STATE_VERSION,
  UNSETTLED_RECEIVE,
  UNSETTLED_TRANSMIT,
  validateConsole,
} from './persist.ts';

export const CONSOLE_SLOT = 1;
const DEVICE_ID_CONSOLE = 3;
const F_EMERGENCY_WRITE = 1 << 2;
const CONFIG_BYTES = 12;
const CONFIG_PORTS = 4;
const CONFIG_EMERGENCY_WRITE = 8;
const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;
/** The guest waits when no byte fits any more, except that one emergency write always does. */
const OUTPUT_SLACK = 1;

class VirtioConsole extends VirtioMmio implements ConsoleDevice {
  readonly console: ConsolePort;
  protected readonly deviceId = DEVICE_ID_CONSOLE;
  protected readonly configBytes = CONFIG_BYTES;
  readonly #output: ByteRing;
  readonly #input: ByteRing;

  constructor(context: DeviceContext) {
    super(context, 'virtio-console', CONSOLE_SLOT, CONSOLE_QUEUES, F_EMERGENCY_WRITE);
    const { bytes, view, base } = context;
    this.#output = new ByteRing(bytes, view, base + C_OUTPUT, CONSOLE_RING_BYTES);
    this.#input = new ByteRing(bytes, view, base + C_INPUT, CONSOLE_RING_BYTES);
    this.console = new RingConsole(this.#output, this.#input, OUTPUT_SLACK, this);
  }

  hostHasWritten(): void {
    this.set(C_UNSETTLED, this.get(C_UNSETTLED) | UNSETTLED_RECEIVE);
  }

  hostHasRead(): void {
    if (this.get(C_WAITING) !== 0) this.set(C_UNSETTLED, this.get(C_UNSETTLED) | UNSETTLED_TRANSMIT);
  }

  get isSettled(): boolean {
    return this.get(C_UNSETTLED) === 0;
  }

  settle(): void {
    if ((this.get(C_UNSETTLED) & UNSETTLED_TRANSMIT) !== 0) this.notify(TRANSMIT_QUEUE);
    if ((this.get(C_UNSETTLED) & UNSETTLED_RECEIVE) !== 0) this.notify(RECEIVE_QUEUE);
    this.set(C_UNSETTLED, 0);
  }

  protected configWord(offset: number): number {
    return offset === CONFIG_PORTS ? 1 : 0;
  }

  protected writeConfig(offset: number, _size: number, value: number): void {
    if (offset !== CONFIG_EMERGENCY_WRITE || this.#output.space === 0) return;
    this.#output.put(value & 0xff);
    this.#stopIfFull();
  }

  protected resetDevice(): void {
    this.set(C_SENT, 0);
    this.set(C_WAITING, 0);
  }

  protected serve(queue: number): void {
    if (queue === TRANSMIT_QUEUE) this.#transmit();
    else this.#receive();
  }

  #transmit(): void {
    while (this.#output.space > OUTPUT_SLACK && this.peek(TRANSMIT_QUEUE)) {
      if (!this.#send() || !this.finish(TRANSMIT_QUEUE, 0)) break;
      this.set(C_SENT, 0);
    }
    this.set(C_WAITING, this.#output.space > OUTPUT_SLACK ? 0 : 1);
    this.#stopIfFull();
    this.conclude(TRANSMIT_QUEUE);
  }

  /** Puts the rest of the chain at hand into the ring, as far as it fits. True when the chain is through. */
  #send(): boolean {
    const { chain } = this;
    // The guest may have changed the chain while it waited; what is left of it then may be nothing.
    let sent = Math.min(this.get(C_SENT), chain.readableBytes);
    for (;;) {
      const room = Math.min(this.#output.contiguousSpace, this.#output.space - OUTPUT_SLACK);
      const count = Math.min(chain.readableBytes - sent, room);
      if (count <= 0) break;
      chain.copyOut(this.context, sent, this.context.bytes, this.#output.putAt, count);
      this.#output.havePut(count);
      sent += count;
      this.set(C_SENT, sent);
    }
    return sent === chain.readableBytes;
  }

  #receive(): void {
    while (this.#input.length > 0 && this.peek(RECEIVE_QUEUE)) {
      const { chain } = this;
      const count = Math.min(chain.writableBytes, this.#input.length);
      const first = Math.min(count, this.#input.contiguousLength);
      chain.copyIn(this.context, 0, this.context.bytes, this.#input.takeAt, first);
      chain.copyIn(this.context, first, this.context.bytes, this.#input.firstAt, count - first);
      if (!this.finish(RECEIVE_QUEUE, count)) break;
      // Only now: had a copy failed for want of a page, all of it would be made again.
      this.#input.haveTaken(count);
    }
    this.conclude(RECEIVE_QUEUE);
  }

  #stopIfFull(): void {
    if (this.console.outputIsFull) this.context.requestRecheck();
  }
}

export const virtioConsole: DeviceType = {
  name: 'virtio-console',
  stateBytes: CONSOLE_STATE_BYTES,
  stateVersion: CONSOLE_STATE_VERSION,
  validateState: validateConsole,
  create: (context) => new VirtioConsole(context),
};

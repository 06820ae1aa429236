// The host's end of a console whose bytes wait in two rings of its device's state: one implementation for the UART and the
// virtio console. Reading and writing only touch the rings and the device's own registers, so they cannot fail; a device that has to move
// bytes to or from RAM notes that in its state and does it in `settle`.

import type { ByteRing } from './byte-ring.ts';
import type { ConsolePort } from './device.ts';

/** What a device does about its console. */
export interface ConsoleDevice {
  /** Bytes have been typed, or room has been made. Touches no RAM. */
  hostHasWritten(): void;
  hostHasRead(): void;
  readonly isSettled: boolean;
  settle(): void;
}

export class RingConsole implements ConsolePort {
  readonly #output: ByteRing;
  readonly #input: ByteRing;
  readonly #slack: number;
  readonly #device: ConsoleDevice;

  /** `slack`: bytes of room in the output ring at which the guest has to wait already. */
  constructor(output: ByteRing, input: ByteRing, slack: number, device: ConsoleDevice) {
    this.#output = output;
    this.#input = input;
    this.#slack = slack;
    this.#device = device;
  }

  write(bytes: Uint8Array): number {
    const accepted = this.#input.putAll(bytes);
    if (accepted > 0) this.#device.hostHasWritten();
    return accepted;
  }

  read(into: Uint8Array): number {
    const count = this.#output.takeAll(into);
    if (count > 0) this.#device.hostHasRead();
    return count;
  }

  get isSettled(): boolean {
    return this.#device.isSettled;
  }

  settle(): void {
    this.#device.settle();
  }

  get inputSpace(): number {
    return this.#input.space;
  }

  get outputBytes(): number {
    return this.#output.length;
  }

  get outputIsFull(): boolean {
    return this.#output.space <= this.#slack;
  }
}

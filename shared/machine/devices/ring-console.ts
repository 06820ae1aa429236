// The host's end of a console whose bytes wait in two rings of its device's state: one implementation for the UART and the
// virtio console. Taking or giving bytes may let the device go on, so it is told.

import type { ByteRing } from './byte-ring.ts';
import type { ConsolePort } from './device.ts';

export class RingConsole implements ConsolePort {
  readonly #output: ByteRing;
  readonly #input: ByteRing;
  readonly #slack: number;
  readonly #hostHasActed: () => void;

  /** `slack`: bytes of room in the output ring at which the guest has to wait already. */
  constructor(output: ByteRing, input: ByteRing, slack: number, hostHasActed: () => void) {
    this.#output = output;
    this.#input = input;
    this.#slack = slack;
    this.#hostHasActed = hostHasActed;
  }

  write(bytes: Uint8Array): number {
    const accepted = this.#input.putAll(bytes);
    if (accepted > 0) this.#hostHasActed();
    return accepted;
  }

  read(into: Uint8Array): number {
    const count = this.#output.takeAll(into);
    if (count > 0) this.#hostHasActed();
    return count;
  }

  get outputBytes(): number {
    return this.#output.length;
  }

  get outputIsFull(): boolean {
    return this.#output.space <= this.#slack;
  }
}

// The host's end of `tohost` and `fromhost`: the result of a test, and the few requests that tests make before it (text for a terminal).
// Source: the Berkeley host-target interface as riscv-tests use it: bit 0 set means the end, with an exit code above it; else a
// device number in the top byte, or the address of a system call's arguments.

import type { Machine } from '../../../shared/machine/mod.ts';
import type { TohostProgram } from './tohost-program.ts';

/** What the program's word says. */
export type HostRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly code: bigint }
  | { readonly kind: 'served' }
  | { readonly kind: 'unknown'; readonly word: bigint };

const DEVICE_TERMINAL = 1n;
const COMMAND_WRITE = 1n;
const SYSTEM_CALL_WRITE = 64n;
const SYSTEM_CALL_BYTES = 64;
const TEXT_LIMIT = 4096;

export class HostInterface {
  /** What the test has printed. */
  text = '';
  readonly #machine: Machine;
  readonly #program: TohostProgram;

  constructor(machine: Machine, program: TohostProgram) {
    this.#machine = machine;
    this.#program = program;
  }

  /** Looks at tohost, and serves what it asks. */
  poll(): HostRequest {
    const word = this.#read(this.#program.tohost);
    if (word === 0n) return { kind: 'none' };
    if ((word & 1n) === 1n) return { kind: 'ended', code: word >> 1n };
    const device = word >> 56n;
    if (device === DEVICE_TERMINAL && ((word >> 48n) & 0xffn) === COMMAND_WRITE) {
      this.#print(Uint8Array.of(Number(word & 0xffn)));
      return this.#answer();
    }
    return device === 0n && this.#serveSystemCall(Number(word)) ? this.#answer() : { kind: 'unknown', word };
  }

  #serveSystemCall(address: number): boolean {
    const call = this.#machine.readMemory(address, SYSTEM_CALL_BYTES);
    const view = new DataView(call.buffer);
    if (view.getBigUint64(0, true) !== SYSTEM_CALL_WRITE) return false;
    const from = Number(view.getBigUint64(16, true));
    const length = Math.min(Number(view.getBigUint64(24, true)), TEXT_LIMIT);
    this.#print(this.#machine.readMemory(from, length));
    return true;
  }

  #print(bytes: Uint8Array): void {
    if (this.text.length < TEXT_LIMIT) this.text += new TextDecoder('latin1').decode(bytes);
  }

  #answer(): HostRequest {
    this.#write(this.#program.tohost, 0n);
    if (this.#program.fromhost !== undefined) this.#write(this.#program.fromhost, 1n);
    return { kind: 'served' };
  }

  #read(address: number): bigint {
    const bytes = this.#machine.readMemory(address, 8);
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  #write(address: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.#machine.writeMemory(address, bytes);
  }
}

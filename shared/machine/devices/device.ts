// What every device is to the bus: a window of physical addresses, registers as bytes in the VM's block, and lines to the
// interrupt controller. A device keeps nothing in JavaScript fields but its context: any thread may pick up the VM.

export interface DeviceContext {
  /** All of host memory. A shared memory never moves, so the views stay valid. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Absolute offset of this device's own state in host memory, 8-byte aligned, `stateBytes` long. */
  readonly base: number;
  /** Level of this device's line into the PLIC. */
  setLine(source: number, asserted: boolean): void;
  /** Guest time in ticks of TIMEBASE_HZ, exact at the current instruction. */
  ticks(): number;
  /** DMA. False when any byte lies outside RAM; then nothing was copied. Writes go through dirty logging and invalidate decoded code. */
  dmaRead(guestAddress: number, length: number, into: Uint8Array, intoOffset: number): boolean;
  dmaWrite(guestAddress: number, from: Uint8Array, fromOffset: number, length: number): boolean;
  /** The medium of the block device, in the pages that follow RAM (see GuestPages). */
  mediumRead(offset: number, into: Uint8Array, intoOffset: number, length: number): void;
  mediumWrite(offset: number, from: Uint8Array, fromOffset: number, length: number): void;
  /** Ends the current slice after this instruction, so that interrupts and timers are looked at again. */
  requestRecheck(): void;
  /** Ends the run for good (test finisher). */
  powerOff(reason: 'pass' | 'fail' | 'reset', code: number): void;
}

export interface Device {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /**
   * `size` is 1, 2 or 4; the bus splits 8-byte accesses into two of 4, low half first. Offsets are naturally aligned. A register that
   * is not there, or has another width, reads 0 and ignores writes, as on QEMU's board.
   */
  read(offset: number, size: number): number;
  write(offset: number, size: number, value: number): void;
  /** Power-on state. */
  reset(): void;
}

/** A device type: how large its state is, and how to make one over it. */
export interface DeviceType {
  readonly name: string;
  readonly stateBytes: number;
  /** Grows when the meaning of the state's bytes changes; a saved machine of another version is refused. */
  readonly stateVersion: number;
  create(context: DeviceContext): Device;
}

/** The timebase of QEMU's `virt` board, 10 MHz. */
export const TIMEBASE_HZ = 10_000_000;

// What every device is to the bus: a window of physical addresses, registers as bytes in the VM's block, and lines to the
// interrupt controller. A device keeps nothing in JavaScript fields but its context: any thread may pick up the VM.

export interface DeviceContext {
  /** All of host memory. A shared memory never moves, so the views stay valid. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Absolute offset of this device's own state in host memory, 8-byte aligned, `stateBytes` long. */
  readonly base: number;
  /** Level of this device's line into the PLIC. Called at every change of the device, also when the level stays: see plic.ts. */
  setLine(source: number, asserted: boolean): void;
  /** Level of an input of hart 0, by its bit number in mip: MSIP from the CLINT, SEIP and MEIP from the PLIC. */
  setHartLine(mipBit: number, asserted: boolean): void;
  /** Guest time in ticks of TIMEBASE_HZ, exact at the current instruction. */
  ticks(): number;
  /** A write to mtime: from this instruction on, the guest's time goes on from `ticks`. */
  setTicks(ticks: number): void;
  /** mtimecmp in unsigned halves. The core keeps it, because MTIP follows from it and from the time. */
  timeCompareLow(): number;
  timeCompareHigh(): number;
  setTimeCompare(low: number, high: number): void;
  /**
   * DMA. False when any byte lies outside RAM; then nothing was copied. Where the host cannot provide a page now, these throw, the guest's
   * instruction counts as not executed, and it is executed again later: a device notes no progress before the copy is made. Writes go through dirty logging and invalidate decoded code.
   */
  dmaRead(guestAddress: number, length: number, into: Uint8Array, intoOffset: number): boolean;
  dmaWrite(guestAddress: number, from: Uint8Array, fromOffset: number, length: number): boolean;
  /** The medium of the block device, in the pages that follow RAM (see GuestPages). 0 bytes: there is no block device. */
  readonly mediumBytes: number;
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
  /** Sum of the widths in bytes (1, 2, 4, 8) that the device answers at all; others are access faults, as on QEMU's board. */
  readonly accessSizes: number;
  /**
   * `size` is 1, 2 or 4; the bus splits 8-byte accesses into two of 4, low half first. Offsets are naturally aligned. A register that
   * is not there, or has another width, reads 0 and ignores writes, as on QEMU's board.
   */
  read(offset: number, size: number): number;
  write(offset: number, size: number, value: number): void;
  /** Power-on state. What the host has not yet read from a console, and the guest not yet taken from it, stays. */
  reset(): void;
  /** For a device that a person or a program can talk to from outside. */
  readonly console?: ConsolePort;
}

/** The host's end of a console. Calls are made between slices, never while the machine runs. */
export interface ConsolePort {
  /** Puts in as many bytes as there is room for, and answers how many. */
  write(bytes: Uint8Array): number;
  /** How many bytes `write` would take now. */
  readonly inputSpace: number;
  /** Takes out what the guest has written, at most `into.length` bytes, and answers how many. */
  read(into: Uint8Array): number;
  /** False when a `write` or `read` has left the device something to do, until `settle` has done it. */
  readonly isSettled: boolean;
  /**
   * Lets the device go on with what was put in, or with the room there is now. It may move bytes to or from RAM; should that fail for want
   * of a page, it throws as DMA does, has lost nothing, and can be called again.
   */
  settle(): void;
  /** Bytes the guest has written that nobody has read yet. */
  readonly outputBytes: number;
  /** True when the guest has to wait until the host reads: the slice ends with reason `console`. */
  readonly outputIsFull: boolean;
}

/** A device type: how large its state is, and how to make one over it. */
export interface DeviceType {
  readonly name: string;
  readonly stateBytes: number;
  /** Grows when the meaning of the state's bytes changes; a saved machine of another version is refused. */
  readonly stateVersion: number;
  /**
   * Looks at state bytes that came from elsewhere, before a device is made over them. Answers what is wrong with them, or undefined. A
   * state that passes cannot make the device throw, loop or leave its own bytes, whatever it holds.
   */
  validateState(view: DataView, base: number): string | undefined;
  create(context: DeviceContext): Device;
}

/** The timebase of QEMU's `virt` board, 10 MHz. */
export const TIMEBASE_HZ = 10_000_000;

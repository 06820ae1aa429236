// The 16550A UART at 0x1000_0000, interrupt 10, with the observable behaviour of QEMU's model: transmission takes no time, the
// receive FIFO is filled up to its trigger level and no further. Bytes go to and come from the host over two rings in the state. When the
// output ring is nearly full the slice ends and the guest waits for the host: nothing is lost. One deviation: a receive timeout
// (fewer bytes than the trigger level, and no more to come) is reported at once and not after four character times.

import { ByteRing } from '../byte-ring.ts';
import type { ConsolePort, Device, DeviceContext, DeviceType } from '../device.ts';
import { RingConsole } from '../ring-console.ts';
import * as p from './persist.ts';
import * as r from './registers.ts';

export const UART_ADDRESS = 0x1000_0000;
/** What the device tree says; only the first eight bytes answer. */
export const UART_WINDOW_BYTES = 0x100;
export const UART_REGISTER_BYTES = 8;
export const UART_INTERRUPT = 10;

/** Room above the mark at which the slice ends; the last instruction of a slice puts one byte. */
const OUTPUT_SLACK = 64;
const TRIGGER_LEVELS: readonly number[] = [1, 4, 8, 14];
/** The divisor of 9600 baud at a clock of 1.8432 MHz, which QEMU's board starts with. */
const RESET_DIVISOR = 12;

class Uart16550 implements Device {
  readonly name = 'uart16550';
  readonly address = UART_ADDRESS;
  readonly size = UART_REGISTER_BYTES;
  readonly accessSizes = 1 | 2 | 4 | 8;
  readonly console: ConsolePort;
  readonly #context: DeviceContext;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #output: ByteRing;
  readonly #input: ByteRing;

  constructor(context: DeviceContext) {
    const { bytes, view, base } = context;
    this.#context = context;
    this.#bytes = bytes;
    this.#base = base;
    this.#output = new ByteRing(bytes, view, base + p.S_OUTPUT, p.UART_RING_BYTES);
    this.#input = new ByteRing(bytes, view, base + p.S_INPUT, p.UART_RING_BYTES);
    this.console = new RingConsole(this.#output, this.#input, OUTPUT_SLACK, {
      hostHasWritten: () => {
        if (this.#admit()) this.#updateInterrupt();
      },
      hostHasRead: () => {
        // The transmitter is never kept waiting by the ring, so nothing has been held up.
      },
      isSettled: true,
      settle: () => {
        // All is done at once, in registers.
      },
    });
  }

  // The bus's side. Any width reaches the register at its offset, and carries one byte.

  read(offset: number): number {
    switch (offset) {
      case r.RBR_THR_DLL:
        return this.#dlab ? this.#get(p.S_DLL) : this.#receive();
      case r.IER_DLM:
        return this.#get(this.#dlab ? p.S_DLM : p.S_IER);
      case r.IIR_FCR:
        return this.#identify();
      case r.LCR:
        return this.#get(p.S_LCR);
      case r.MCR:
        return this.#get(p.S_MCR);
      case r.LSR:
        return this.#lineStatus();
      case r.MSR:
        return this.#modemStatus();
      case r.SCR:
        return this.#get(p.S_SCR);
      default:
        return 0;
    }
  }

  write(offset: number, _size: number, value: number): void {
    const byte = value & 0xff;
    switch (offset) {
      case r.RBR_THR_DLL:
        if (this.#dlab) this.#set(p.S_DLL, byte);
        else this.#transmit(byte);
        break;
      case r.IER_DLM:
        if (this.#dlab) this.#set(p.S_DLM, byte);
        else this.#enableInterrupts(byte & r.IER_MASK);
        break;
      case r.IIR_FCR:
        this.#controlFifos(byte);
        break;
      case r.LCR:
        this.#set(p.S_LCR, byte);
        break;
      case r.MCR:
        this.#set(p.S_MCR, byte & r.MCR_MASK);
        this.#admit();
        this.#updateInterrupt();
        break;
      case r.SCR:
        this.#set(p.S_SCR, byte);
        break;
    }
  }

  reset(): void {
    this.#bytes.fill(0, this.#base, this.#base + p.S_OUTPUT);
    this.#set(p.S_LSR, r.LSR_TRANSMITTER_EMPTY | r.LSR_THR_EMPTY);
    this.#set(p.S_MCR, r.MCR_OUT2);
    this.#set(p.S_DLL, RESET_DIVISOR);
    this.#admit();
    this.#updateInterrupt();
  }

  get #dlab(): boolean {
    return (this.#get(p.S_LCR) & r.LCR_DLAB) !== 0;
  }

  get #fifosEnabled(): boolean {
    return (this.#get(p.S_FCR) & r.FCR_ENABLE) !== 0;
  }

  get #triggerLevel(): number {
    return TRIGGER_LEVELS[this.#get(p.S_FCR) >> 6]!;
  }

  #transmit(byte: number): void {
    // The byte is gone before the next instruction: THR and transmitter are empty again, and say so.
    this.#set(p.S_TRANSMIT_PENDING, 1);
    if ((this.#get(p.S_MCR) & r.MCR_LOOP) !== 0) this.#deliver(byte);
    else {
      this.#output.put(byte);
      if (this.console.outputIsFull) this.#context.requestRecheck();
    }
    this.#updateInterrupt();
  }

  #enableInterrupts(enabled: number): void {
    const changed = this.#get(p.S_IER) ^ enabled;
    this.#set(p.S_IER, enabled);
    // Switching the transmit interrupt on reports an empty THR again, as drivers expect that restart transmission this way.
    if ((changed & r.IER_TRANSMIT) !== 0) this.#set(p.S_TRANSMIT_PENDING, enabled & r.IER_TRANSMIT ? 1 : 0);
    if (changed !== 0) this.#updateInterrupt();
  }

  #controlFifos(byte: number): void {
    const switched = ((byte ^ this.#get(p.S_FCR)) & r.FCR_ENABLE) !== 0;
    if (switched || (byte & r.FCR_CLEAR_RECEIVE) !== 0) {
      this.#set(p.S_FIFO_COUNT, 0);
      this.#set(p.S_TIMEOUT_PENDING, 0);
      this.#set(p.S_LSR, this.#get(p.S_LSR) & ~(r.LSR_DATA_READY | r.LSR_BREAK));
    }
    if (switched || (byte & r.FCR_CLEAR_TRANSMIT) !== 0) this.#set(p.S_TRANSMIT_PENDING, 1);
    this.#set(p.S_FCR, byte & r.FCR_STICKY);
    this.#admit();
    this.#updateInterrupt();
  }

  #receive(): number {
    let byte: number;
    if (this.#fifosEnabled) {
      byte = this.#takeFromFifo();
      this.#set(p.S_TIMEOUT_PENDING, 0);
      if (this.#get(p.S_FIFO_COUNT) === 0) this.#clearDataReady();
    } else {
      byte = this.#get(p.S_RBR);
      this.#clearDataReady();
    }
    this.#admit();
    this.#updateInterrupt();
    return byte;
  }

  #identify(): number {
    const cause = this.#cause();
    if (cause === r.IIR_TRANSMIT) {
      this.#set(p.S_TRANSMIT_PENDING, 0);
      this.#updateInterrupt();
    }
    return cause | (this.#fifosEnabled ? r.IIR_FIFOS : 0);
  }

  #lineStatus(): number {
    const status = this.#get(p.S_LSR);
    if ((status & (r.LSR_BREAK | r.LSR_OVERRUN)) !== 0) {
      this.#set(p.S_LSR, status & ~(r.LSR_BREAK | r.LSR_OVERRUN));
      this.#updateInterrupt();
    }
    return status;
  }

  /** In loopback the four modem outputs are wired to the inputs, which is how drivers find the chip. */
  #modemStatus(): number {
    const control = this.#get(p.S_MCR);
    if ((control & r.MCR_LOOP) === 0) return r.MSR_CONNECTED;
    const outputs = (control & (r.MCR_OUT1 | r.MCR_OUT2)) << 4;
    return outputs | ((control & r.MCR_RTS) << 3) | ((control & r.MCR_DTR) << 5);
  }

  /** Moves bytes from the host's ring into the receiver, as far as it takes them. True when there were any. */
  #admit(): boolean {
    let hasDelivered = false;
    if ((this.#get(p.S_MCR) & r.MCR_LOOP) === 0) {
      while (this.#input.length > 0 && this.#canReceive()) {
        this.#deliver(this.#input.take());
        hasDelivered = true;
      }
    }
    const waiting = this.#get(p.S_FIFO_COUNT);
    if (this.#fifosEnabled && waiting > 0 && waiting < this.#triggerLevel) this.#set(p.S_TIMEOUT_PENDING, 1);
    return hasDelivered;
  }

  #canReceive(): boolean {
    if (this.#fifosEnabled) return this.#get(p.S_FIFO_COUNT) < this.#triggerLevel;
    return (this.#get(p.S_LSR) & r.LSR_DATA_READY) === 0;
  }

  /** A byte arrives on the line. One that finds no room is lost and leaves an overrun, which only loopback can do. */
  #deliver(byte: number): void {
    let status = this.#get(p.S_LSR) | r.LSR_DATA_READY;
    if (this.#fifosEnabled) {
      if (!this.#putIntoFifo(byte)) status |= r.LSR_OVERRUN;
    } else {
      if ((this.#get(p.S_LSR) & r.LSR_DATA_READY) !== 0) status |= r.LSR_OVERRUN;
      this.#set(p.S_RBR, byte);
    }
    this.#set(p.S_LSR, status);
  }

  #putIntoFifo(byte: number): boolean {
    const count = this.#get(p.S_FIFO_COUNT);
    if (count === p.FIFO_LENGTH) return false;
    this.#set(p.S_FIFO + ((this.#get(p.S_FIFO_FIRST) + count) % p.FIFO_LENGTH), byte);
    this.#set(p.S_FIFO_COUNT, count + 1);
    return true;
  }

  #takeFromFifo(): number {
    const count = this.#get(p.S_FIFO_COUNT);
    if (count === 0) return 0;
    const first = this.#get(p.S_FIFO_FIRST);
    this.#set(p.S_FIFO_FIRST, (first + 1) % p.FIFO_LENGTH);
    this.#set(p.S_FIFO_COUNT, count - 1);
    return this.#get(p.S_FIFO + first);
  }

  #clearDataReady(): void {
    this.#set(p.S_LSR, this.#get(p.S_LSR) & ~(r.LSR_DATA_READY | r.LSR_BREAK));
  }

  /** The pending interrupt of highest priority (data sheet, table V). */
  #cause(): number {
    const enabled = this.#get(p.S_IER);
    const status = this.#get(p.S_LSR);
    if ((enabled & r.IER_LINE_STATUS) !== 0 && (status & r.LSR_ERRORS) !== 0) return r.IIR_LINE_STATUS;
    if ((enabled & r.IER_RECEIVE) !== 0) {
      if (this.#get(p.S_TIMEOUT_PENDING) !== 0) return r.IIR_TIMEOUT;
      const enough = !this.#fifosEnabled || this.#get(p.S_FIFO_COUNT) >= this.#triggerLevel;
      if (enough && (status & r.LSR_DATA_READY) !== 0) return r.IIR_RECEIVE;
    }
    if ((enabled & r.IER_TRANSMIT) !== 0 && this.#get(p.S_TRANSMIT_PENDING) !== 0) return r.IIR_TRANSMIT;
    return r.IIR_NONE;
  }

  #updateInterrupt(): void {
    this.#context.setLine(UART_INTERRUPT, this.#cause() !== r.IIR_NONE);
  }

  #get(at: number): number {
    return this.#bytes[this.#base + at]!;
  }

  #set(at: number, value: number): void {
    this.#bytes[this.#base + at] = value;
  }
}

export const uart16550: DeviceType = {
  name: 'uart16550',
  stateBytes: p.UART_STATE_BYTES,
  stateVersion: p.UART_STATE_VERSION,
  validateState: p.validateUart,
  create: (context) => new Uart16550(context),
};

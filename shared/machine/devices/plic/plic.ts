// SiFive's platform-level interrupt controller at 0xc00_0000, laid out as on QEMU's virt board (RISC-V PLIC specification 1.0.0;
// SiFive FU540 manual, chapter 10): 96 sources, and two contexts of hart 0, machine mode (MEIP) and supervisor mode (SEIP).
// The gateways are those of QEMU 7.2: a device that asserts its line makes its source pending, and only a claim ends that, not the line
// going low; completion alone does not sample the line. So a device speaks up at each change of its registers while it wants service.

import { MEIP_BIT, SEIP_BIT } from '../../interrupts.ts';
import type { Device, DeviceContext, DeviceType } from '../device.ts';
import {
  CLAIMED,
  ENABLE,
  PENDING,
  PLIC_CONTEXTS,
  PLIC_PRIORITY_MASK,
  PLIC_SOURCES,
  PLIC_STATE_BYTES,
  PLIC_STATE_VERSION,
  PLIC_WORDS,
  PRIORITY,
  THRESHOLD,
  validatePlic,
} from './persist.ts';

export const PLIC_ADDRESS = 0x0c00_0000;
export const PLIC_BYTES = 0x60_0000;
const PENDING_OFFSET = 0x1000;
const ENABLE_OFFSET = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT_OFFSET = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const CONTEXT_THRESHOLD = 0;
const CONTEXT_CLAIM = 4;

/** Where the board's lines end. */
export interface InterruptController extends Device {
  /** The level of a source's line, told by its device. */
  setSource(source: number, asserted: boolean): void;
}

class Plic implements InterruptController {
  readonly name = 'plic';
  readonly address = PLIC_ADDRESS;
  readonly size = PLIC_BYTES;
  readonly accessSizes = 4;
  readonly #view: DataView;
  readonly #base: number;
  readonly #context: DeviceContext;

  constructor(context: DeviceContext) {
    this.#context = context;
    this.#view = context.view;
    this.#base = context.base;
  }

  setSource(source: number, asserted: boolean): void {
    if (!asserted) return;
    this.#setBit(PENDING, source, true);
    this.#drive();
  }

  read(offset: number, size: number): number {
    if (size !== 4) return 0;
    if (offset <= PLIC_SOURCES * 4) return this.#word(PRIORITY + offset);
    if (offset < PENDING_OFFSET) return 0;
    if (offset < ENABLE_OFFSET) {
      const word = (offset - PENDING_OFFSET) >> 2;
      return word < PLIC_WORDS ? this.#word(PENDING + word * 4) : 0;
    }
    if (offset < CONTEXT_OFFSET) {
      const at = enableWord(offset);
      return at < 0 ? 0 : this.#word(at);
    }
    const context = (offset - CONTEXT_OFFSET) >> 12;
    if (context >= PLIC_CONTEXTS) return 0;
    switch (offset & (CONTEXT_STRIDE - 1)) {
      case CONTEXT_THRESHOLD:
        return this.#word(THRESHOLD + context * 4);
      case CONTEXT_CLAIM:
        return this.#claim(context);
      default:
        return 0;
    }
  }

  write(offset: number, size: number, value: number): void {
    if (size !== 4) return;
    if (offset <= PLIC_SOURCES * 4) {
      if (offset === 0) return;
      this.#setWord(PRIORITY + offset, value & PLIC_PRIORITY_MASK);
    } else if (offset < ENABLE_OFFSET) {
      return;
    } else if (offset < CONTEXT_OFFSET) {
      const at = enableWord(offset);
      if (at < 0) return;
      this.#setWord(at, value);
    } else {
      const context = (offset - CONTEXT_OFFSET) >> 12;
      if (context >= PLIC_CONTEXTS) return;
      const register = offset & (CONTEXT_STRIDE - 1);
      if (register === CONTEXT_THRESHOLD) this.#setWord(THRESHOLD + context * 4, value & PLIC_PRIORITY_MASK);
      else if (register === CONTEXT_CLAIM) this.#complete(value >>> 0);
      else return;
    }
    this.#drive();
  }

  reset(): void {
    this.#context.bytes.fill(0, this.#base, this.#base + PLIC_STATE_BYTES);
    this.#drive();
  }

  #claim(context: number): number {
    const source = this.#best(context);
    if (source !== 0) {
      this.#setBit(PENDING, source, false);
      this.#setBit(CLAIMED, source, true);
    }
    this.#drive();
    return source;
  }

  #complete(source: number): void {
    if (source < PLIC_WORDS * 32) this.#setBit(CLAIMED, source, false);
  }

  /** The source that a claim would give to this context: highest priority above the threshold, then the lowest number. */
  #best(context: number): number {
    let best = 0;
    let bestPriority = this.#word(THRESHOLD + context * 4);
    for (let word = 0; word < PLIC_WORDS; word += 1) {
      const enabled = this.#word(ENABLE + (context * PLIC_WORDS + word) * 4);
      let candidates = this.#word(PENDING + word * 4) & ~this.#word(CLAIMED + word * 4) & enabled;
      while (candidates !== 0) {
        const bit = 31 - Math.clz32(candidates & -candidates);
        candidates &= candidates - 1;
        const source = word * 32 + bit;
        const priority = this.#word(PRIORITY + source * 4);
        if (priority > bestPriority) {
          best = source;
          bestPriority = priority;
        }
      }
    }
    return best;
  }

  #drive(): void {
    this.#context.setHartLine(MEIP_BIT, this.#best(0) !== 0);
    this.#context.setHartLine(SEIP_BIT, this.#best(1) !== 0);
  }

  #setBit(at: number, source: number, on: boolean): void {
    const offset = at + (source >> 5) * 4;
    const bit = 1 << (source & 31);
    const word = this.#word(offset);
    this.#setWord(offset, on ? word | bit : word & ~bit);
  }

  #word(at: number): number {
    return this.#view.getUint32(this.#base + at, true);
  }

  #setWord(at: number, value: number): void {
    this.#view.setUint32(this.#base + at, value >>> 0, true);
  }
}

/** Offset in the state of the enable word at this register, or -1 where there is none. */
function enableWord(offset: number): number {
  const context = Math.floor((offset - ENABLE_OFFSET) / ENABLE_STRIDE);
  const word = (offset & (ENABLE_STRIDE - 1)) >> 2;
  return context < PLIC_CONTEXTS && word < PLIC_WORDS ? ENABLE + (context * PLIC_WORDS + word) * 4 : -1;
}

export const plic: DeviceType & { create(context: DeviceContext): InterruptController } = {
  name: 'plic',
  stateBytes: PLIC_STATE_BYTES,
  stateVersion: PLIC_STATE_VERSION,
  validateState: validatePlic,
  create: (context) => new Plic(context),
};

// Guest time. Within a slice it follows from the count of instructions: startTick + floor(executed * TIMEBASE_HZ / rate), less the
// VM's own offset. So `time` is exact at each instruction, and the instruction at which a timer falls due is known before
// it runs. Products are split so that doubles stay exact.

import type { Block } from './block.ts';
import { TIMEBASE_HZ } from './devices/device.ts';
import {
  EXECUTED_TOTAL,
  GRANTED,
  HELD,
  MTIMECMP,
  REMAINING,
  SLICE_EXECUTED,
  SLICE_RATE,
  SLICE_START_TICK,
  STOP,
  STOP_NONE,
  TIME_OFFSET_TICKS,
} from './layout.ts';

/** The remainder of a division by the rate times TIMEBASE_HZ has to stay below 2^53. */
export const MAXIMUM_RATE = 900_000_000;
const TWO_32 = 2 ** 32;

export class SliceClock {
  readonly #block: Block;

  constructor(block: Block) {
    this.#block = block;
  }

  begin(startTick: number, instructionsPerSecond: number): void {
    this.#block.setDouble(SLICE_START_TICK, startTick);
    this.#block.setDouble(SLICE_RATE, instructionsPerSecond);
    this.#block.setDouble(SLICE_EXECUTED, 0);
  }

  /** Instructions executed before the current one in the present call of the generated code; between calls 0. */
  executedInCall(): number {
    const granted = this.#block.int(GRANTED);
    return granted === 0 ? 0 : granted - this.left() - 1;
  }

  /** What is left of the instructions granted. */
  left(): number {
    return this.#block.int(STOP) === STOP_NONE ? this.#block.int(REMAINING) : this.#block.int(HELD);
  }

  executedTotal(): number {
    return this.#block.double(EXECUTED_TOTAL) + this.executedInCall();
  }

  hostTicks(): number {
    const executed = this.#block.double(SLICE_EXECUTED) + this.executedInCall();
    const rate = this.#block.double(SLICE_RATE);
    const seconds = Math.floor(executed / rate);
    const rest = executed - seconds * rate;
    return this.#block.double(SLICE_START_TICK) + seconds * TIMEBASE_HZ + Math.floor((rest * TIMEBASE_HZ) / rate);
  }

  guestTicks(): number {
    return this.hostTicks() - this.#block.double(TIME_OFFSET_TICKS);
  }

  setGuestTicks(ticks: number): void {
    this.#block.setDouble(TIME_OFFSET_TICKS, this.hostTicks() - ticks);
  }

  /** mtimecmp as host ticks; rounding above 2^53 does no harm, since such a time never comes. */
  timerHostTick(): number {
    const compare = (this.#block.high(MTIMECMP) >>> 0) * TWO_32 + (this.#block.int(MTIMECMP) >>> 0);
    return compare + this.#block.double(TIME_OFFSET_TICKS);
  }

  timerIsDue(): boolean {
    return this.hostTicks() >= this.timerHostTick();
  }

  /** Instructions until the timer falls due, counted from now, between calls; 0 when it has. */
  instructionsUntilTimer(): number {
    const ticks = this.timerHostTick() - this.#block.double(SLICE_START_TICK);
    const rate = this.#block.double(SLICE_RATE);
    const seconds = Math.floor(ticks / TIMEBASE_HZ);
    const rest = ticks - seconds * TIMEBASE_HZ;
    const instructions = seconds * rate + Math.ceil((rest * rate) / TIMEBASE_HZ);
    return Math.max(0, instructions - this.#block.double(SLICE_EXECUTED));
  }
}

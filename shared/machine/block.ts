// One VM's block: the fields of layout.ts, read and written by their offsets. It holds nothing itself but where the block is,
// so that any thread may make one over a block and go on.

import type { HostViews } from './host-views.ts';
import { HELD, REMAINING, STOP, STOP_NONE } from './layout.ts';

export class Block {
  readonly host: HostViews;
  readonly base: number;

  constructor(host: HostViews, base: number) {
    this.host = host;
    this.base = base;
  }

  int(offset: number): number {
    return this.host.i32[(this.base + offset) >>> 2]!;
  }

  setInt(offset: number, value: number): void {
    this.host.i32[(this.base + offset) >>> 2] = value;
  }

  /** The high half of a 64-bit field. */
  high(offset: number): number {
    return this.host.i32[(this.base + offset + 4) >>> 2]!;
  }

  setHalves(offset: number, low: number, high: number): void {
    const index = (this.base + offset) >>> 2;
    this.host.i32[index] = low;
    this.host.i32[index + 1] = high;
  }

  copyHalves(target: number, source: number): void {
    this.setHalves(target, this.int(source), this.high(source));
  }

  double(offset: number): number {
    return this.host.f64[(this.base + offset) >>> 3]!;
  }

  setDouble(offset: number, value: number): void {
    this.host.f64[(this.base + offset) >>> 3] = value;
  }

  /** For tests, counters and what is seldom: a 64-bit field whole. */
  long(offset: number): bigint {
    return this.host.u64[(this.base + offset) >>> 3]!;
  }

  setLong(offset: number, value: bigint): void {
    this.host.u64[(this.base + offset) >>> 3] = BigInt.asUintN(64, value);
  }

  fill(offset: number, bytes: number, value: number): void {
    this.host.fill(this.base + offset, value, bytes);
  }

  /** Ends the generated code's run after the current instruction; the first reason stays, unless the new one is stronger. */
  requestStop(reason: number): void {
    const present = this.int(STOP);
    if (present === STOP_NONE) {
      this.setInt(HELD, this.int(REMAINING));
      this.setInt(REMAINING, 0);
    }
    if (reason > present) this.setInt(STOP, reason);
  }
}

// The sending end of a pre-copy migration (Clark et al., "Live Migration of Virtual Machines", 2005), as a state machine
// without I/O: the host node feeds it the target's frames and calls `pump` whenever the VM's memory may be touched; it answers
// with frames to send and with what to do. A round ends when the target has applied all of it; then the pages written meanwhile are the next
// round, until they can be sent within the downtime limit and another round would no longer halve them.

import assert from 'node:assert/strict';
import { PAGE_BYTES } from '../machine/mod.ts';
import type { MigrationLimits } from '../protocol/mod.ts';
import { Digest } from './digest.ts';
import type { MigratingVm } from './migrating-vm.ts';
import {
  type Baggage,
  encodeFinal,
  encodePages,
  encodeRound,
  encodeZeros,
  PAGES_PER_FRAME,
  ZEROS_PER_FRAME,
} from './wire.ts';

export interface RoundReport {
  readonly round: number;
  readonly pages: number;
  readonly zeroPages: number;
  readonly bytes: number;
  readonly durationNs: number;
  readonly remainingPages: number;
}

export interface TransferTotals {
  readonly rounds: number;
  readonly pages: number;
  readonly zeroPages: number;
  readonly bytes: number;
  readonly pageBytes: number;
  readonly stateBytes: number;
}

export type AbortReason = 'not-converging' | 'rounds-limit' | 'time-limit';

export type SourceStep =
  /** Wait for credits; then call `pump` again. */
  | { readonly kind: 'wait' }
  /** Stop the VM now and call `stopped`; the round that just ended decided so. */
  | { readonly kind: 'stop'; readonly round: RoundReport }
  | { readonly kind: 'round'; readonly round: RoundReport }
  | { readonly kind: 'abort'; readonly reason: AbortReason; readonly detail: string; readonly round: RoundReport };

/** Chosen: about what the switch-over takes besides its pages. A shorter last round would not be noticed. */
const SHORT_STOP_NS = 5_000_000;

/** Chosen: more frames of pages than the target gives credit for are never on the way. */
const SPARES_MAX = 32;

type Phase = 'copying' | 'stopping' | 'final';

export class PrecopySource {
  readonly #vm: MigratingVm;
  readonly #limits: MigrationLimits;
  readonly #send: (frame: Uint8Array) => void;
  readonly #beganNs: number;
  readonly #digest: Digest;
  readonly #spares: Uint8Array[] = [];
  #phase: Phase = 'copying';
  #creditBytes: number;
  #unappliedBytes = 0;
  #appliedBytes = 0;

  /** Of the present round. */
  #pending: number[] = [];
  #next = 0;
  #round = 1;
  #roundBeganNs: number;
  #roundPages = 0;
  #roundZeroPages = 0;
  #roundBytes = 0;

  #previousRemaining = Number.POSITIVE_INFINITY;
  #stalledRounds = 0;
  readonly #totals = { rounds: 0, pages: 0, zeroPages: 0, bytes: 0, pageBytes: 0, stateBytes: 0 };

  /** Begins dirty logging and the first round, which is every page. `send` only queues. */
  constructor(
    vm: MigratingVm,
    limits: MigrationLimits,
    creditBytes: number,
    nowNs: number,
    send: (frame: Uint8Array) => void,
  ) {
    this.#vm = vm;
    this.#limits = limits;
    this.#send = send;
    this.#beganNs = nowNs;
    this.#roundBeganNs = nowNs;
    this.#creditBytes = creditBytes;
    this.#digest = new Digest(vm.pageCount);
    vm.collectDirty(() => undefined);
    this.#beginRound(Array.from({ length: vm.pageCount }, (_, page) => page));
  }

  get totals(): TransferTotals {
    return this.#totals;
  }

  /** The target has applied so many bytes and has room for as many more. */
  credit(bytes: number): void {
    this.#creditBytes += bytes;
    this.#unappliedBytes -= bytes;
    this.#appliedBytes += bytes;
  }

  /** A frame that was sent is the network's no more: its memory serves the next one. */
  recycle(frame: Uint8Array): void {
    if (this.#spares.length < SPARES_MAX && frame.byteLength > PAGE_BYTES) this.#spares.push(frame);
  }

  /** Sends what credits allow; when the round is over, says what comes next. The VM must not be running on a CPU. */
  pump(nowNs: number): SourceStep {
    assert(this.#phase !== 'final', 'nothing is left to send');
    while (this.#creditBytes > 0 && this.#next < this.#pending.length) this.#sendPages();
    const unsent = this.#pending.length - this.#next;
    if (unsent > 0 && nowNs - this.#beganNs >= this.#limits.totalLimitNs) return this.#runOutOfTime(unsent, nowNs);
    if (unsent > 0 || this.#unappliedBytes > 0 || this.#phase === 'stopping') return { kind: 'wait' };
    return this.#endRound(nowNs);
  }

  /** The VM is paused: what it wrote last is the last round. Call `finish` when `drained`. */
  stopped(nowNs: number): void {
    assert(this.#phase === 'copying', 'a VM is stopped once');
    this.#phase = 'stopping';
    this.#round += 1;
    this.#roundBeganNs = nowNs;
    this.#beginRound(this.#collectDirty());
  }

  /** All pages of the stopped VM have been sent (not necessarily applied). */
  get drained(): boolean {
    return this.#phase === 'stopping' && this.#next === this.#pending.length;
  }

  /** Sends the machine's state and the digest; after it only the owner record decides who goes on. */
  finish(baggage: Baggage): void {
    assert(this.drained, 'pages come before the state');
    this.#phase = 'final';
    const state = this.#vm.saveState();
    this.#totals.stateBytes = state.byteLength;
    this.#totals.rounds = this.#round;
    this.#queue(encodeFinal(baggage, this.#digest.finish(state), state));
  }

  #beginRound(pages: number[]): void {
    this.#roundPages = 0;
    this.#roundZeroPages = 0;
    this.#roundBytes = 0;
    this.#totals.rounds = this.#round;
    this.#queue(encodeRound(this.#round));
    const isZero = pages.map((page) => this.#vm.isZero(page));
    this.#sendZeros(pages, isZero);
    this.#pending = pages.filter((_, index) => !isZero[index]);
    this.#next = 0;
  }

  /** A bit for each page of the range that the round spans, in as many frames as that takes. */
  #sendZeros(pages: readonly number[], isZero: readonly boolean[]): void {
    const bits: boolean[] = new Array(this.#vm.pageCount).fill(false);
    let count = 0;
    pages.forEach((page, index) => {
      if (!isZero[index]) return;
      bits[page] = true;
      count += 1;
      this.#digest.setZero(page);
    });
    this.#roundZeroPages += count;
    this.#totals.zeroPages += count;
    if (count === 0) return;
    const from = bits.indexOf(true);
    const to = bits.lastIndexOf(true) + 1;
    for (let first = from; first < to; first += ZEROS_PER_FRAME) {
      this.#queue(encodeZeros(first, bits.slice(first, Math.min(to, first + ZEROS_PER_FRAME))));
    }
  }

  #sendPages(): void {
    const pages = this.#pending.slice(this.#next, this.#next + PAGES_PER_FRAME);
    this.#next += pages.length;
    for (const page of pages) this.#digest.setPage(page, this.#vm.hash(page));
    this.#roundPages += pages.length;
    this.#totals.pages += pages.length;
    this.#totals.pageBytes += pages.length * PAGE_BYTES;
    this.#queue(encodePages(pages, (page) => this.#vm.content(page), this.#spares.pop()));
  }

  #queue(frame: Uint8Array): void {
    this.#creditBytes -= frame.byteLength;
    this.#unappliedBytes += frame.byteLength;
    this.#roundBytes += frame.byteLength;
    this.#totals.bytes += frame.byteLength;
    this.#send(frame);
  }

  #reportRound(remainingPages: number, nowNs: number): RoundReport {
    return {
      round: this.#round,
      pages: this.#roundPages,
      zeroPages: this.#roundZeroPages,
      bytes: this.#roundBytes,
      durationNs: nowNs - this.#roundBeganNs,
      remainingPages,
    };
  }

  /** In the middle of a round, which on a slow link can be long, and of the last one too: the VM waits meanwhile. */
  #runOutOfTime(unsent: number, nowNs: number): SourceStep {
    const detail = `${unsent} pages of round ${this.#round} are not sent when the time is over`;
    return { kind: 'abort', reason: 'time-limit', detail, round: this.#reportRound(unsent, nowNs) };
  }

  #endRound(nowNs: number): SourceStep {
    const dirty = this.#collectDirty();
    const round = this.#reportRound(dirty.length, nowNs);
    const bytesPerNs = this.#appliedBytes / Math.max(1, nowNs - this.#beganNs);
    const stillNs = (dirty.length * PAGE_BYTES) / bytesPerNs;
    if (stillNs <= this.#limits.downtimeLimitNs && !this.#paysToGoOn(dirty.length, stillNs, nowNs)) {
      this.#collected = dirty;
      return { kind: 'stop', round };
    }
    const abort = this.#reasonToAbort(dirty.length, nowNs);
    if (abort !== undefined) return { kind: 'abort', ...abort, round };
    this.#previousRemaining = dirty.length;
    this.#round += 1;
    this.#roundBeganNs = nowNs;
    this.#beginRound(dirty);
    return { kind: 'round', round };
  }

  /** What remains fits the limit; one more round is worth its bytes while each at least halves it. */
  #paysToGoOn(remaining: number, stillNs: number, nowNs: number): boolean {
    const hasTime = this.#round < this.#limits.roundsMax && nowNs - this.#beganNs < this.#limits.totalLimitNs;
    return hasTime && stillNs > SHORT_STOP_NS && 2 * remaining <= this.#roundPages;
  }

  /** Pages that `#endRound` took out of the dirty set and that the last round still has to send. */
  #collected: readonly number[] = [];

  #collectDirty(): number[] {
    const dirty: number[] = [];
    this.#vm.collectDirty((page) => dirty.push(page));
    if (this.#collected.length === 0) return dirty;
    const all = new Set([...this.#collected, ...dirty]);
    this.#collected = [];
    return [...all].sort((a, b) => a - b);
  }

  #reasonToAbort(remaining: number, nowNs: number): { reason: AbortReason; detail: string } | undefined {
    const limits = this.#limits;
    this.#stalledRounds = remaining >= this.#previousRemaining ? this.#stalledRounds + 1 : 0;
    if (this.#stalledRounds >= limits.stalledRoundsMax) {
      const detail = `the dirty set did not shrink for ${this.#stalledRounds} rounds (${remaining} pages remain)`;
      return { reason: 'not-converging', detail };
    }
    if (this.#round >= limits.roundsMax) {
      return { reason: 'rounds-limit', detail: `${remaining} pages remain after ${this.#round} rounds` };
    }
    if (nowNs - this.#beganNs >= limits.totalLimitNs) {
      return { reason: 'time-limit', detail: `${remaining} pages remain when the time is over` };
    }
    return undefined;
  }
}

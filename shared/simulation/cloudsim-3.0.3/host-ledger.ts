// How long every host was active and how long it gave less than was asked for, and how often it was switched off: `getSlaTimePerActiveHost` and
// `getTimesBeforeHostShutdown` of CloudSim's `Helper`, added up as it happens. All hosts have entries at the same times; the
// last entry of a time counts.

export class HostLedger {
  readonly activeSeconds: Float64Array;
  readonly violatingSeconds: Float64Array;
  /** Steps from active to inactive. Every host counts as active before its first entry, as in CloudSim. */
  shutdowns = 0;
  firstTime = Number.NaN;
  time = Number.NaN;
  readonly #used: Float64Array;
  readonly #requested: Float64Array;
  readonly #wasActive: Uint8Array;

  constructor(hostCount: number) {
    this.activeSeconds = new Float64Array(hostCount);
    this.violatingSeconds = new Float64Array(hostCount);
    this.#used = new Float64Array(hostCount);
    this.#requested = new Float64Array(hostCount);
    this.#wasActive = new Uint8Array(hostCount).fill(1);
  }

  /** Before the entries of this time. */
  begin(time: number): void {
    if (time === this.time) return;
    if (Number.isNaN(this.time)) this.firstTime = time;
    else this.#close(time - this.time);
    this.time = time;
  }

  record(host: number, used: number, requested: number): void {
    this.#used[host] = used;
    this.#requested[host] = requested;
  }

  /** After the last entry of all. */
  end(): void {
    if (!Number.isNaN(this.time)) this.#close(0);
  }

  activeCount(): number {
    let count = 0;
    for (const used of this.#used) if (used > 0) count++;
    return count;
  }

  #close(seconds: number): void {
    for (let host = 0; host < this.#used.length; host++) {
      const used = this.#used[host]!;
      const isActive = used > 0 ? 1 : 0;
      if (isActive === 1) {
        this.activeSeconds[host]! += seconds;
        if (used < this.#requested[host]!) this.violatingSeconds[host]! += seconds;
      } else if (this.#wasActive[host] === 1) this.shutdowns++;
      this.#wasActive[host] = isActive;
    }
  }
}

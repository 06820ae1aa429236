// What every VM asked for and got, over its whole life, as CloudSim's `Helper.getSlaMetrics` adds it up from the VMs' state histories; added
// up as it happens, so that no history has to be kept. An entry holds from its time to the VM's next one, and an
// entry of equal time replaces it.

export class VmLedger {
  readonly requestedMipsSeconds: Float64Array;
  readonly allocatedMipsSeconds: Float64Array;
  /** Asked for and not given. */
  readonly unservedMipsSeconds: Float64Array;
  /** The same, while migrating. */
  readonly migrationLossMipsSeconds: Float64Array;
  /** Of (requested - allocated) / requested, over entries that got less than they asked for. */
  violationSum = 0;
  violationCount = 0;
  readonly #time: Float64Array;
  readonly #allocated: Float64Array;
  readonly #requested: Float64Array;
  readonly #inMigration: Uint8Array;

  constructor(vmCount: number) {
    this.requestedMipsSeconds = new Float64Array(vmCount);
    this.allocatedMipsSeconds = new Float64Array(vmCount);
    this.unservedMipsSeconds = new Float64Array(vmCount);
    this.migrationLossMipsSeconds = new Float64Array(vmCount);
    this.#time = new Float64Array(vmCount).fill(Number.NaN);
    this.#allocated = new Float64Array(vmCount);
    this.#requested = new Float64Array(vmCount);
    this.#inMigration = new Uint8Array(vmCount);
  }

  record(vm: number, time: number, allocated: number, requested: number, inMigration: number): void {
    if (this.#time[vm] !== time) this.#close(vm, time);
    this.#time[vm] = time;
    this.#allocated[vm] = allocated;
    this.#requested[vm] = requested;
    this.#inMigration[vm] = inMigration;
  }

  #close(vm: number, time: number): void {
    const since = this.#time[vm]!;
    if (Number.isNaN(since)) return;
    const seconds = time - since;
    const allocated = this.#allocated[vm]!;
    const requested = this.#requested[vm]!;
    this.allocatedMipsSeconds[vm]! += allocated * seconds;
    this.requestedMipsSeconds[vm]! += requested * seconds;
    if (allocated >= requested) return;
    this.violationSum += (requested - allocated) / requested;
    this.violationCount++;
    const lost = (requested - allocated) * seconds;
    this.unservedMipsSeconds[vm]! += lost;
    if (this.#inMigration[vm] === 1) this.migrationLossMipsSeconds[vm]! += lost;
  }
}

// How unevenly hosts are loaded: the standard deviation of their utilisations, kept up to date move by move in constant time.

import type { Ledger } from '../ledger.ts';

export interface Shift {
  readonly from: number;
  readonly to: number;
  /** Instructions per second that move. */
  readonly demand: number;
}

export class HostSpread {
  readonly #ledger: Ledger;
  readonly #count: number;
  #sum = 0;
  #squares = 0;

  /** Hosts in an order that does not depend on their indices, so that sums do not either. */
  constructor(ledger: Ledger, hosts: readonly number[]) {
    this.#ledger = ledger;
    this.#count = hosts.length;
    for (const host of hosts) {
      const utilisation = ledger.settledUtilisation(host);
      this.#sum += utilisation;
      this.#squares += utilisation * utilisation;
    }
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get deviation(): number {
    return this.#deviationOf(this.#sum, this.#squares);
  }

  /** Sum of squared distances from the mean that a shift takes away. */
  dropBy(shift: Shift): number {
    const after = this.#after(shift);
    return this.#distanceOf(this.#sum, this.#squares) - this.#distanceOf(after.sum, after.squares);
  }

  /** Call it before the ledger knows of the shift. */
  apply(shift: Shift): void {
    const { sum, squares } = this.#after(shift);
    this.#sum = sum;
    this.#squares = squares;
  }

  #after({ from, to, demand }: Shift): { readonly sum: number; readonly squares: number } {
    const { state } = this.#ledger;
    const fromBefore = this.#ledger.settledUtilisation(from);
    const toBefore = this.#ledger.settledUtilisation(to);
    const fromAfter = fromBefore - demand / state.capacity(from);
    const toAfter = toBefore + demand / state.capacity(to);
    return {
      sum: this.#sum - fromBefore - toBefore + fromAfter + toAfter,
      squares: this.#squares - fromBefore ** 2 - toBefore ** 2 + fromAfter ** 2 + toAfter ** 2,
    };
  }

  #distanceOf(sum: number, squares: number): number {
    return this.#count === 0 ? 0 : Math.max(0, squares - (sum * sum) / this.#count);
  }

  #deviationOf(sum: number, squares: number): number {
    return this.#count === 0 ? 0 : Math.sqrt(this.#distanceOf(sum, squares) / this.#count);
  }
}

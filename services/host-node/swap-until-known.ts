// A swap of an owner record, asked for until the store has said what became of it. Both ends of a migration do this after the last frame: meanwhile the
// VM is paused and its memory is kept at either, since either may be the one that goes on with it.

import type { Owned, OwnershipOutcome } from '../../shared/cluster/mod.ts';
import { type Clock, CodedError, type Logger } from '../../shared/runtime/mod.ts';

export type KnownOutcome = Exclude<OwnershipOutcome, { readonly kind: 'unknown' }>;

export interface SwapSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Repeats `swap`, every `pauseNs` of silence. What the store answers to one attempt says nothing about those before it, unless it is an outcome. */
export async function swapUntilKnown(
  around: SwapSurroundings,
  from: Owned,
  swap: () => Promise<OwnershipOutcome>,
  pauseNs: number,
): Promise<KnownOutcome> {
  for (;;) {
    const outcome = await attempt(swap);
    if (outcome.kind !== 'unknown') return outcome;
    const { vm, epoch } = from.record;
    around.log.warn('the store does not say who has the VM; it stays paused until it does', {
      vm,
      epoch,
      error: outcome.cause,
    });
    await around.clock.sleep(pauseNs);
  }
}

async function attempt(swap: () => Promise<OwnershipOutcome>): Promise<OwnershipOutcome> {
  try {
    return await swap();
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    return { kind: 'unknown', cause };
  }
}

// Asks the store again when it stays silent, while a service starts: nothing can be done before it has answered.

import { type Clock, hasCode, NS_PER_S } from '../../shared/runtime/mod.ts';

/** Chosen: half a minute of cluster time and the store's own time-outs. */
const ATTEMPTS_MAX = 30;

export async function patiently<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !hasCode(error, 'RUNTIME_TIMEOUT')) throw error;
      await clock.sleep(NS_PER_S);
    }
  }
}

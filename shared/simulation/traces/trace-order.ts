// The order in which traces become VMs. CloudSim takes whatever order the file system lists, which is worth 163 to 180 kWh on one day;
// here it is always chosen: by ascending bytes of the name, the reverse of that, or a shuffle by a seed.

import { SeededRandom } from '../../runtime/mod.ts';
import { simulationErrors } from '../errors.ts';

export type TraceOrder =
  | { readonly kind: 'sorted' }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'shuffle'; readonly seed: number };

/** Throws TRACE_BAD_ORDER. */
export function parseTraceOrder(order: string): TraceOrder {
  if (order === 'sorted' || order === 'reverse') return { kind: order };
  const seed = /^shuffle:(\d{1,9})$/.exec(order)?.[1];
  if (seed === undefined) throw simulationErrors.create('TRACE_BAD_ORDER', { order });
  return { kind: 'shuffle', seed: Number(seed) };
}

export function orderTraces<T extends { readonly name: string }>(traces: readonly T[], order: TraceOrder): T[] {
  const sorted = sortedByBytes(traces);
  if (order.kind === 'reverse') return sorted.reverse();
  if (order.kind === 'shuffle') shuffle(sorted, new SeededRandom(order.seed));
  return sorted;
}

function sortedByBytes<T extends { readonly name: string }>(traces: readonly T[]): T[] {
  const encoder = new TextEncoder();
  return traces
    .map((trace) => ({ trace, bytes: encoder.encode(trace.name) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ trace }) => trace);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Fisher and Yates. */
function shuffle(items: unknown[], random: SeededRandom): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other], items[last]];
  }
}

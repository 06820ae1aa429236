// First fit decreasing (Johnson 1973): hosts stand in an order that is fixed for the interval, the fullest first, and each VM goes to the
// first that has room for it. Few hosts are filled, and finding one is quick however many there are.

import { HostState } from '../../cluster/mod.ts';
import { FitTree } from '../fit-tree.ts';
import type { Ledger } from '../ledger.ts';
import type { RoomIndex } from '../room-index.ts';
import type { RoomMeasure } from '../sorted-rooms.ts';

export function firstFitDecreasing(ledger: Ledger, order: readonly number[], by: RoomMeasure): RoomIndex {
  return new FitTree(Int32Array.from(by === 'memory' ? byMemory(ledger, order) : order), ledger.state.hosts.end);
}

/** Hosts that are on come first in the order, the busiest first; here the one with the most reserved memory. */
function byMemory({ state, bytes }: Ledger, order: readonly number[]): number[] {
  const isOn = (host: number) => state.hosts.state[host] === HostState.on;
  const share = (host: number) => bytes[host]! / state.hosts.memoryBytes[host]!;
  const on = order.filter(isOn).sort((a, b) => share(b) - share(a) || state.hostRank(a) - state.hostRank(b));
  return [...on, ...order.filter((host) => !isOn(host))];
}

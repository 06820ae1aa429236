// Best fit: each VM goes to the host that it leaves the least room on, so that large gaps stay whole for large VMs. Unlike with first fit
// the order of hosts follows every placement.

import type { Ledger } from '../ledger.ts';
import type { RoomIndex } from '../room-index.ts';
import { type RoomMeasure, SortedRooms } from '../sorted-rooms.ts';

export function bestFit(ledger: Ledger, order: readonly number[], by: RoomMeasure): RoomIndex {
  return new SortedRooms(ledger.state, order, by, 'tightest');
}

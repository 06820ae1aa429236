// Worst fit: each VM goes to the host with the most room, so that load is even from the start and every VM has room to grow. It
// suits policies that balance; hosts that are asleep are woken only when those that are on have no room.

import type { Ledger } from '../ledger.ts';
import type { RoomIndex } from '../room-index.ts';
import { type RoomMeasure, SortedRooms } from '../sorted-rooms.ts';

export function worstFit(ledger: Ledger, order: readonly number[], by: RoomMeasure): RoomIndex {
  return new SortedRooms(ledger.state, order, by, 'roomiest');
}

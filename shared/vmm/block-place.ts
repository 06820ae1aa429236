// Finds neighbouring frames for a VM's block. Guest pages lie wherever a frame was free, so after some coming and going no run of frames may be
// long enough although many are free; then pages are moved out of the way. Only backing tables know a page's frame, and they are changed with it.

import { hasCode } from '../runtime/mod.ts';
import { BackingTable } from './backing-table.ts';
import type { HostMemory } from './host-memory.ts';

/**
 * The first of `count` neighbouring frames with count 1. While no CPU of the host runs; `onMoved` is called for each slot whose VM has pages in
 * other frames now, so that its translations are flushed. Throws VMM_OUT_OF_MEMORY.
 */
export function allocateBlock(host: HostMemory, count: number, onMoved: (slot: number) => void): number {
  try {
    return host.allocateFrames(count);
  } catch (error) {
    if (!hasCode(error, 'VMM_OUT_OF_MEMORY') || host.freeFrames < count) throw error;
    const tables = backingTables(host);
    const first = cheapestRun(host, tables, count);
    if (first === undefined) throw error;
    const moved = clearRun(host, first, count);
    for (const { slot, table } of tables) if (table.moveFrames(moved)) onMoved(slot);
    return first;
  }
}

interface SlotTable {
  readonly slot: number;
  readonly table: BackingTable;
}

function backingTables(host: HostMemory): SlotTable[] {
  const tables: SlotTable[] = [];
  for (let slot = 0; slot < host.vmSlotsUsed; slot += 1) {
    const block = host.vmBlock(slot);
    if (block !== 0) tables.push({ slot, table: new BackingTable(host, block) });
  }
  return tables;
}

/** Where a run of frames that are free or hold nothing but guest pages has fewest pages to move. */
function cheapestRun(host: HostMemory, tables: readonly SlotTable[], count: number): number | undefined {
  const holders = new Uint32Array(host.frameCount);
  for (const { table } of tables) table.countFrames(holders);
  let best: number | undefined;
  let bestUsed = Number.POSITIVE_INFINITY;
  let length = 0;
  let used = 0;
  for (let frame = 0; frame < host.frameCount; frame += 1) {
    const references = host.referenceCount(frame);
    if (references !== holders[frame]) {
      length = 0;
      used = 0;
      continue;
    }
    length += 1;
    if (references > 0) used += 1;
    if (length > count && host.referenceCount(frame - count) > 0) used -= 1;
    if (length < count || used >= bestUsed) continue;
    best = frame - count + 1;
    bestUsed = used;
  }
  return best;
}

/** Takes all frames of the run, and gives the pages in it others; answers which. */
function clearRun(host: HostMemory, first: number, count: number): Map<number, number> {
  const used: number[] = [];
  for (let frame = first; frame < first + count; frame += 1) {
    if (host.referenceCount(frame) > 0) used.push(frame);
    else host.takeFrame(frame);
  }
  return new Map(used.map((frame) => [frame, host.moveFrame(frame)]));
}

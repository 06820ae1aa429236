import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES } from './host-layout.ts';
import { BackingTable, HostMemory } from './mod.ts';
import { VM_HEADER, vmBlockShape } from './vm-block.ts';

const PAGES = 16;

function tables(count: number): { host: HostMemory; tables: BackingTable[] } {
  const host = HostMemory.create({ memoryBytes: 8 * 1024 * 1024, cpus: 1, instructionsPerSecond: 1e6 });
  const made = Array.from({ length: count }, () => {
    const block = host.allocateFrames(vmBlockShape(PAGES, 0).frameCount) * FRAME_BYTES;
    host.view.setUint32(block + VM_HEADER.ramPageCount, PAGES, true);
    return new BackingTable(host, block);
  });
  return { host, tables: made };
}

const dirtyOf = (table: BackingTable): number[] => {
  const pages: number[] = [];
  table.collectDirty((page) => pages.push(page));
  return pages;
};

describe('backing table', () => {
  it('reads absent pages as zeros without taking a frame', () => {
    const {
      host,
      tables: [table],
    } = tables(1);
    const free = host.freeFrames;
    const at = table!.readFrame(3);
    expect(host.bytes.subarray(at, at + FRAME_BYTES).every((byte) => byte === 0)).toBe(true);
    expect(host.freeFrames).toBe(free);
    expect(table!.isPresent(3)).toBe(false);
  });

  it('logs a page once for each dirty set in which it was written', () => {
    const {
      tables: [table],
    } = tables(1);
    table!.writeFrame(5);
    table!.writeFrame(2);
    table!.writeFrame(5);
    expect(dirtyOf(table!)).toEqual([2, 5]);
    expect(dirtyOf(table!)).toEqual([]);
    table!.writeFrame(5);
    expect(dirtyOf(table!)).toEqual([5]);
  });

  it('does not count an installed page as dirty', () => {
    const {
      host,
      tables: [table],
    } = tables(1);
    table!.install(1, new Uint8Array(FRAME_BYTES).fill(7));
    expect(dirtyOf(table!)).toEqual([]);
    expect(host.bytes[table!.readFrame(1)]).toBe(7);
  });

  it('gives a dropped page zeros again, whatever its frame held', () => {
    const {
      host,
      tables: [table],
    } = tables(1);
    host.bytes[table!.writeFrame(0)] = 9;
    table!.drop(0);
    expect(host.bytes[table!.writeFrame(0)]).toBe(0);
  });

  it('behaves like separate memories when pages are shared, and gives every frame back', () => {
    const step = fc.record({
      table: fc.nat({ max: 2 }),
      page: fc.nat({ max: PAGES - 1 }),
      kind: fc.constantFrom('write', 'drop', 'share', 'install'),
      value: fc.integer({ min: 1, max: 255 }),
      from: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { host, tables: all } = tables(3);
        const free = host.freeFrames;
        const model = all.map(() => new Array<number>(PAGES).fill(0));
        for (const { table, page, kind, value, from } of steps) {
          if (kind === 'write') {
            host.bytes[all[table]!.writeFrame(page) + 11] = value;
            model[table]![page] = value;
          } else if (kind === 'install') {
            all[table]!.install(page, new Uint8Array(FRAME_BYTES).fill(value));
            model[table]![page] = value;
          } else if (kind === 'drop') {
            all[table]!.drop(page);
            model[table]![page] = 0;
          } else if (from !== table) {
            all[table]!.shareFrom(all[from]!);
            model[table] = [...model[from]!];
          }
          for (const [t, pages] of model.entries()) {
            for (const [p, expected] of pages.entries()) expect(host.bytes[all[t]!.readFrame(p) + 11]).toBe(expected);
          }
        }
        for (const table of all) table.releaseAll();
        expect(host.freeFrames).toBe(free);
      }),
      { numRuns: 60 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostMemory } from './mod.ts';

const MIB = 1024 * 1024;
const small = () => HostMemory.create({ memoryBytes: MIB, cpus: 1, instructionsPerSecond: 1e6 });

describe('host memory', () => {
  it('hands out every frame once and takes all back', () => {
    const host = small();
    const free = host.freeFrames;
    const frames = Array.from({ length: free }, () => host.allocateFrame());
    expect(new Set(frames).size).toBe(free);
    expect(frames).not.toContain(0);
    expect(host.freeFrames).toBe(0);
    expect(() => host.allocateFrame()).toThrow(/0 of 256 are free/);
    for (const frame of frames) host.releaseFrame(frame);
    expect(host.freeFrames).toBe(free);
  });

  it('finds neighbouring frames when there are any, also before the place where it looked last', () => {
    const host = small();
    const frames = Array.from({ length: host.freeFrames }, () => host.allocateFrame());
    for (const frame of frames.slice(10, 20)) host.releaseFrame(frame);
    expect(() => host.allocateFrames(11)).toThrow(/11 neighbouring/);
    expect(host.allocateFrames(10)).toBe(frames[10]);
  });

  it('frees a frame only with its last holder', () => {
    const host = small();
    const frame = host.allocateFrame();
    const free = host.freeFrames;
    host.retainFrame(frame);
    host.releaseFrame(frame);
    expect(host.freeFrames).toBe(free);
    host.releaseFrame(frame);
    expect(host.freeFrames).toBe(free + 1);
    expect(() => host.releaseFrame(frame)).toThrow(/only a frame in use/);
  });

  it('never gives a frame that is in use, whatever the order of calls', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9 })), { maxLength: 200 }), (calls) => {
        const host = small();
        const held: { first: number; count: number }[] = [];
        const used = new Set<number>();
        for (const [allocate, n] of calls) {
          if (allocate && host.freeFrames > 100) {
            const first = host.allocateFrames(n);
            for (let frame = first; frame < first + n; frame += 1) {
              expect(used.has(frame)).toBe(false);
              used.add(frame);
            }
            held.push({ first, count: n });
          } else if (held.length > 0) {
            const [run] = held.splice(n % held.length, 1);
            for (let frame = run!.first; frame < run!.first + run!.count; frame += 1) {
              host.releaseFrame(frame);
              used.delete(frame);
            }
          }
        }
        expect(host.freeFrames).toBe(host.usableFrames - used.size);
      }),
    );
  });
});

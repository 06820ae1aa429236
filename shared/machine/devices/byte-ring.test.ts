import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteRing, byteRingStateBytes, validateByteRing } from './byte-ring.ts';

const CAPACITY = 16;

function ring(startCount = 0): { ring: ByteRing; view: DataView } {
  const bytes = new Uint8Array(byteRingStateBytes(CAPACITY));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, startCount, true);
  view.setUint32(4, startCount, true);
  return { ring: new ByteRing(bytes, view, 0, CAPACITY), view };
}

test('bytes come out as they went in, also where the counts wrap', () => {
  const steps = fc.array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 0, max: 20 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 5, 2 ** 32 - 3), (list, startCount) => {
      const { ring: tested } = ring(startCount);
      const model: number[] = [];
      for (const [put, take] of list) {
        const accepted = tested.putAll(put);
        expect(accepted).toBe(Math.min(put.length, CAPACITY - model.length));
        model.push(...put.subarray(0, accepted));
        const into = new Uint8Array(take);
        const count = tested.takeAll(into);
        expect([...into.subarray(0, count)]).toEqual(model.splice(0, take));
        expect(tested.length).toBe(model.length);
      }
    }),
  );
});

test('a ring that claims more than it can hold is refused', () => {
  const { ring: tested, view } = ring();
  tested.putAll(new Uint8Array(CAPACITY));
  expect(validateByteRing(view, 0, CAPACITY, 'the ring')).toBeUndefined();
  view.setUint32(4, 1, true);
  view.setUint32(0, 18, true);
  expect(validateByteRing(view, 0, CAPACITY, 'the ring')).toBe('the ring claims to hold 17 bytes of at most 16');
});

test('putting into a full ring is a bug', () => {
  const { ring: tested } = ring();
  tested.putAll(new Uint8Array(CAPACITY));
  expect(() => tested.put(1)).toThrow('overran');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axis, resample, strip } from './strip.ts';

describe('strips', () => {
  test('a value is a block, darkness a dot', () => {
    expect(strip([0, 0.124, 0.125, 0.5, 0.99, 1, null], 60)).toBe('▁▁▂▅██·');
  });

  test('resampling keeps the bounds of the values and never makes more of them', () => {
    const value = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 100 }),
        (values, width) => {
          const fewer = resample(values, width);
          expect(fewer.length).toBe(Math.min(width, values.length));
          const lit = values.filter((each) => each !== null);
          for (const each of fewer) {
            if (each === null) continue;
            expect(each).toBeGreaterThanOrEqual(Math.min(...lit) - 1e-9);
            expect(each).toBeLessThanOrEqual(Math.max(...lit) + 1e-9);
          }
        },
      ),
    );
  });

  test('the axis begins at its left end and is no wider than the strip', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 120 }), (width) => {
        const line = axis((position) => `${Math.round(position * 100)}`, width);
        expect(line.startsWith('0')).toBe(true);
        expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

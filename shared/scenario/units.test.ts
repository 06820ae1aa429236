import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatQuantity, parseQuantity, type Unit, units } from './units.ts';

const whole: readonly Unit[] = ['duration', 'size', 'bandwidth', 'instructionRate'];

describe('quantities', () => {
  test.each(whole)('%s: parsing what was formatted gives the same number', (unit) => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseQuantity(unit, formatQuantity(unit, value))).toEqual({ ok: true, value });
      }),
    );
  });

  test.each(whole)('%s: every unit is its factor, with exact decimals', (unit) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.entries(units[unit].factors)),
        fc.nat(100_000),
        fc.integer({ min: 0, max: 999 }),
        ([name, factor], integer, decimals) => {
          const text = `${integer}.${String(decimals).padStart(3, '0')}${name}`;
          const thousandths = (BigInt(integer) * 1000n + BigInt(decimals)) * factor;
          const quantity = parseQuantity(unit, text);
          const exact = thousandths % 1000n === 0n && thousandths / 1000n <= BigInt(Number.MAX_SAFE_INTEGER);
          expect(quantity.ok).toBe(exact);
          if (quantity.ok) expect(BigInt(quantity.value)).toBe(thousandths / 1000n);
        },
      ),
    );
  });

  test('no text makes the parser throw, and what it takes is a finite number that is not negative', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(units) as Unit[])), fc.anything(), (unit, raw) => {
        const quantity = parseQuantity(unit, raw);
        if (quantity.ok) expect(quantity.value >= 0 && Number.isFinite(quantity.value)).toBe(true);
      }),
    );
  });

  test.each([
    ['duration', '1m30s', 90e9],
    ['duration', '200us', 200_000],
    ['duration', '0', 0],
    ['duration', 0, 0],
    ['size', '64MiB', 67_108_864],
    ['size', '1.5KiB', 1536],
    ['bandwidth', '1Gbit', 1e9],
    ['bandwidth', '10MiB/s', 83_886_080],
    ['instructionRate', '2MIPS', 2e6],
    ['fraction', '35%', 0.35],
    ['fraction', 0.35, 0.35],
    ['power', '1.2kW', 1200],
  ] as const)('%s %s', (unit, raw, value) => {
    expect(parseQuantity(unit, raw)).toEqual({ ok: true, value });
  });

  test.each([
    ['size', '64Mib', '64MiB'],
    ['size', '64M', '64MiB'],
    ['duration', '5sec', '5s'],
    ['duration', '5mins', '5m'],
    ['bandwidth', '1gbit', '1Gbit'],
    ['bandwidth', '10Mbps', '10Mbit'],
    ['instructionRate', '2mips', '2MIPS'],
    ['fraction', 35, '35%'],
  ] as const)('%s %s is taken for %s', (unit, raw, suggestion) => {
    expect(parseQuantity(unit, raw)).toMatchObject({ ok: false, suggestion });
  });

  test.each([
    ['duration', '30s1m', 'larger units first'],
    ['duration', '0.5ns', 'not a whole number of nanoseconds'],
    ['duration', 5, 'needs its unit'],
    ['size', '-5MiB', 'expected a size'],
    ['size', '9999999TiB', 'more than can be counted'],
    ['duration', '', 'expected a duration'],
  ] as const)('%s %s is refused: %s', (unit, raw, message) => {
    const quantity = parseQuantity(unit, raw);
    expect(quantity.ok ? '' : quantity.message).toContain(message);
  });
});

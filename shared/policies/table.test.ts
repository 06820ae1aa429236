import { describe, expect, test } from 'vitest';
import { policies, preparePolicy } from './table.ts';

const wrong = (parameters: Record<string, unknown>) => () => preparePolicy('consolidate', parameters);

describe('table of policies', () => {
  test('fills in defaults and keeps what is given', () => {
    const policy = preparePolicy('consolidate', { overThreshold: 0.9 });
    expect(policy.parameters).toMatchObject({ overThreshold: 0.9, targetThreshold: 0.7, migrationsPerHostMax: 2 });
  });

  test('an unknown policy is answered with the nearest one', () => {
    expect(() => preparePolicy('consolidat', {})).toThrow(
      'there is no policy "consolidat"; did you mean "consolidate"? known are balance, consolidate, hot-spot, none',
    );
    expect(() => preparePolicy('toString', {})).toThrow(/known are/);
  });

  test('a bad argument is named with what it should be', () => {
    expect(wrong({ overThreshold: 80 })).toThrow(
      'policy consolidate: argument "overThreshold" is 80, but must be <= 1',
    );
    expect(wrong({ underIntervals: 1.5 })).toThrow('"underIntervals" is 1.5, but must be integer');
    expect(wrong({ forecast: 'max' })).toThrow('"forecast" is "max", but must be one of "last", "maximum", "ewma"');
    expect(wrong({ underThreshhold: 0.1 })).toThrow('"underThreshhold" is not known; did you mean "underThreshold"?');
    expect(wrong({ underThreshold: 0.8 })).toThrow('"underThreshold" is 0.8, above targetThreshold 0.7');
    expect(wrong({ targetThreshold: 0.95 })).toThrow('"targetThreshold" is 0.95, above overThreshold 0.85');
  });

  test('every argument of every policy has a default and a description', () => {
    for (const { schema } of policies.values()) {
      for (const property of Object.values(schema.properties)) {
        expect(property['default']).toBeDefined();
        expect(property['description']).toMatch(/\.$/);
      }
    }
  });
});

import { describe, expect, test } from 'vitest';
import { powerModelNamed, wattsAt, wattsOf } from './power-model.ts';

describe('power model', () => {
  test('gives the table at its points and straight lines between them', () => {
    const g4 = powerModelNamed('hp-ml110-g4');
    expect(wattsAt(g4, 0)).toBe(86);
    expect(wattsAt(g4, 0.5)).toBe(102);
    expect(wattsAt(g4, 1)).toBe(117);
    expect(wattsAt(g4, 0.05)).toBeCloseTo(87.7, 9);
    expect(wattsAt(powerModelNamed('hp-ml110-g5'), 0.95)).toBeCloseTo(134, 9);
  });

  test('refuses a utilisation outside 0..1', () => {
    expect(() => wattsAt(powerModelNamed('hp-ml110-g4'), 1.01)).toThrow(/1.01/);
  });

  test('standby and waking do not depend on utilisation', () => {
    const g4 = powerModelNamed('hp-ml110-g4');
    expect(wattsOf(g4, 'waking', 0)).toBe(117);
    expect(wattsOf(g4, 'standby', 1)).toBe(g4.standbyWatts);
  });

  test('an unknown name is answered with the nearest one', () => {
    expect(() => powerModelNamed('hp-ml110-g6')).toThrow(/did you mean "hp-ml110-g4"/);
    expect(() => powerModelNamed('constructor')).toThrow(/known are hp-ml110-g4, hp-ml110-g5/);
  });
});

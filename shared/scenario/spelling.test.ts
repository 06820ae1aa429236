import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearest } from './spelling.ts';

describe('spelling', () => {
  test('the distance is symmetric, and 0 only between equal words', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  test.each([
    ['memroy', 'memory'],
    ['durration', 'duration'],
    ['Hosts', 'hosts'],
    ['migrat', 'migrate'],
  ])('%s is near %s', (word, wanted) => {
    expect(nearest(word, ['memory', 'duration', 'hosts', 'migrate', 'speed'])).toBe(wanted);
  });

  test('a word that is near nothing gets no guess', () => {
    expect(nearest('xyzzy', ['memory', 'speed'])).toBeUndefined();
  });
});

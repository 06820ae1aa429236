// The references against values that come from elsewhere: the published FNV-1a and SHA-256 are used through them, so known
// answers of the whole pin down the definition of the checksum for good.

import { describe, expect, it } from 'vitest';
import { expectedBatchChecksum, expectedBatchChecksums } from './batch/expected.ts';
import { expectedBurnState } from './burn/expected.ts';

describe('expected checksum of batch', () => {
  it('stays what it was: a change here breaks every recorded result', () => {
    expect(expectedBatchChecksum(1, 1024)).toBe('1cf91e0a4fb932bc');
    expect(expectedBatchChecksum(2, 1024)).toBe('9eae4f0a55502ab4');
  });

  it('depends on rounds and on size', () => {
    const all = [...expectedBatchChecksums(4, 4), ...expectedBatchChecksums(4, 8)];
    expect(new Set(all).size).toBe(8);
  });

  it.each([
    [0, 4],
    [1, 0],
    [1, 6],
    [1.5, 4],
  ])('refuses %d rounds of %d KiB', (rounds, sizeKib) => {
    expect(() => expectedBatchChecksum(rounds, sizeKib)).toThrow(RangeError);
  });
});

describe('expected state of burn', () => {
  it('begins at 1 and goes on from there', () => {
    expect(expectedBurnState(0)).toBe('0000000000000001');
    expect(expectedBurnState(1000)).toBe('3a0f5ffc7b8f1dff');
  });
});

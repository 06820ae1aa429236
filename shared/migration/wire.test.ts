import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSourceFrame,
  decodeTargetFrame,
  encodeAccept,
  encodeCancel,
  encodeCredit,
  encodeFailed,
  encodeFinal,
  encodePages,
  encodeRefuse,
  encodeRound,
  encodeSwapped,
  encodeZeros,
  PAGES_PER_FRAME,
} from './mod.ts';

const PAGE_BYTES = 4096;

describe('frames of a migration', () => {
  it('come back as they were sent', () => {
    expect(decodeSourceFrame(encodeRound(7))).toEqual({ kind: 'round', round: 7 });
    expect(decodeSourceFrame(encodeCancel('why'))).toEqual({ kind: 'cancel', why: 'why' });
    expect(decodeTargetFrame(encodeAccept(99))).toEqual({ kind: 'accept', creditBytes: 99 });
    expect(decodeTargetFrame(encodeCredit(12))).toEqual({ kind: 'credit', bytes: 12 });
    expect(decodeTargetFrame(encodeFailed('no'))).toEqual({ kind: 'failed', why: 'no' });
    expect(decodeTargetFrame(encodeRefuse('CODE', 'text'))).toEqual({ kind: 'refuse', code: 'CODE', message: 'text' });
    const swapped = { owner: { vm: 'v', host: 'h', epoch: 3 }, resumedAtNs: 5 };
    expect(decodeTargetFrame(encodeSwapped(swapped))).toEqual({ kind: 'swapped', swapped });
  });

  it('name zero pages by a bit each', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), fc.array(fc.boolean(), { maxLength: 200 }), (first, isZero) => {
        const pages = isZero.flatMap((zero, index) => (zero ? [first + index] : []));
        const bytes = encodeZeros(first, isZero);
        expect(bytes.byteLength).toBe(9 + Math.ceil(isZero.length / 8));
        expect(decodeSourceFrame(bytes)).toEqual({ kind: 'zeros', pages });
      }),
    );
  });

  it('carry pages and the final state', () => {
    const content = (page: number) => new Uint8Array(PAGE_BYTES).fill(page);
    expect(decodeSourceFrame(encodePages([3, 9], content))).toEqual({
      kind: 'pages',
      pages: [
        { page: 3, content: content(3) },
        { page: 9, content: content(9) },
      ],
    });
    const baggage = { consoleTails: ['x', ''], recentInputs: ['a'], instructions: 4 };
    const digest = new Uint8Array(32).fill(1);
    const state = new Uint8Array(100).fill(2);
    expect(decodeSourceFrame(encodeFinal(baggage, digest, state))).toEqual({ kind: 'final', baggage, digest, state });
  });

  it('are refused, never believed, when they are garbage', () => {
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.uint8Array({ maxLength: 64 }), (type, rest) => {
        const bytes = Uint8Array.from([type, ...rest]);
        for (const decode of [decodeSourceFrame, decodeTargetFrame]) {
          try {
            decode(bytes);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^(MIGRATION_BAD_FRAME|PROTOCOL_BAD_MESSAGE)$/);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of pages take the memory of a frame that was sent, when its length is right', () => {
    const content = (page: number) => new Uint8Array(PAGE_BYTES).fill(page);
    const sent = encodePages([3, 9], content);
    const fresh = encodePages([4, 5], content);
    const taken = encodePages([4, 5], content, sent);
    expect(taken).toBe(sent);
    expect(taken).toEqual(fresh);
    expect(encodePages([6], content, sent)).not.toBe(sent);
    expect(sent).toEqual(fresh);
  });

  it('of pages are bounded', () => {
    const pages = Array.from({ length: PAGES_PER_FRAME + 1 }, (_, page) => page);
    expect(() => decodeSourceFrame(encodePages(pages, () => new Uint8Array(PAGE_BYTES)))).toThrow(/PAGES of 33/);
  });
});

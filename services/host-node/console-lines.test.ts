import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConsoleLines, LINE_BYTES_MAX } from './console-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

it('gives a line when its end arrives, and keeps the rest', () => {
  const lines = new ConsoleLines();
  expect(lines.push(bytes('rea'))).toEqual([]);
  expect(lines.push(bytes('dy\r\nnext'))).toEqual(['ready']);
  expect(lines.tail).toBe('next');
});

it('cuts a line that never ends', () => {
  const lines = new ConsoleLines();
  expect(lines.push(bytes('x'.repeat(LINE_BYTES_MAX + 5)))).toEqual(['x'.repeat(LINE_BYTES_MAX)]);
  expect(lines.tail).toBe('xxxxx');
});

it('gives the same lines however the output is cut and handed from host to host', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })),
      fc.array(fc.nat({ max: 30 })),
      (texts, cuts) => {
        const clean = texts.map((text) => text.replaceAll(/[\r\n]/g, ''));
        const all = bytes(clean.map((text) => `${text}\n`).join(''));
        const got: string[] = [];
        let lines = new ConsoleLines();
        let at = 0;
        for (const cut of [...cuts, all.length]) {
          got.push(...lines.push(all.subarray(at, at + cut)));
          at += cut;
          lines = new ConsoleLines(lines.tail);
        }
        expect(got).toEqual(clean);
      },
    ),
  );
});

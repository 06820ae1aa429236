import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderReport } from './run-report.ts';
import { sampleResult } from './testdata/sample-result.ts';

describe('the report of a run', () => {
  test.each([120, 80])('looks as it should on %s columns', async (width) => {
    const text = renderReport(sampleResult(), { width, colours: false });
    await expect(text).toMatchFileSnapshot(`testdata/golden/report-${width}.txt`);
  });

  test('nothing is wider than a terminal of 80 columns but the table of migrations and the digest', () => {
    for (const width of [80, 100, 140]) {
      const lines = renderReport(sampleResult(), { width, colours: false }).split('\n');
      const wide = lines.filter((line) => line.length > width && !line.includes('→') && !line.includes('SHA-256'));
      expect(wide).toEqual([]);
    }
  });

  test('colours change nothing but colours', () => {
    const coloured = renderReport(sampleResult(), { width: 100, colours: true });
    const plain = renderReport(sampleResult(), { width: 100, colours: false });
    expect(coloured).not.toBe(plain);
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  test('the verdict says what the result says', () => {
    const last = (changes: Parameters<typeof sampleResult>[0]) =>
      renderReport(sampleResult(changes), { width: 100, colours: false }).trimEnd().split('\n').at(-2);
    expect(last({})).toMatch(/^FAILED \(1 of 3 expectations\) {2}sample, seed 7, virtual, 10m/);
    expect(last({ passed: true })).toMatch(/^PASSED/);
    expect(last({ valid: false, mode: 'live' })).toMatch(/^INVALID/);
  });

  test('long lists are cut and say so', () => {
    const one = sampleResult().migrations[0]!;
    const text = renderReport(sampleResult({ migrations: Array(55).fill(one) }), { width: 120, colours: false });
    expect(text).toContain('… and 15 more');
  });
});

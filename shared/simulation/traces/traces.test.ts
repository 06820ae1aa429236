import { describe, expect, test } from 'vitest';
import { parsePlanetLabFile } from './planetlab-file.ts';
import { orderTraces, parseTraceOrder } from './trace-order.ts';
import { SAMPLES_PER_DAY, traceSetOf } from './trace-set.ts';

const day = (changes: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: SAMPLES_PER_DAY }, (_, index) => changes[index] ?? String(index % 101)).join('\n');

describe('a PlanetLab file', () => {
  test.each([
    ['unix lines', `${day()}\n`],
    ['no last newline', day()],
    ['windows lines', `${day().replaceAll('\n', '\r\n')}\r\n`],
  ])('is read with %s', (_, text) => {
    const { samples } = parsePlanetLabFile('vm', text, 'day/vm');
    expect([...samples]).toEqual(Array.from({ length: SAMPLES_PER_DAY }, (_, index) => index % 101));
  });

  test.each([
    ['a letter', day({ 3: '4x' }), 'day/vm:4:2: "4x"'],
    ['more than 100', day({ 9: '101' }), 'day/vm:10:1: "101"'],
    ['a negative number', day({ 0: '-1' }), 'day/vm:1:1: "-1"'],
    ['a fraction', day({ 0: '1.5' }), 'day/vm:1:2: "1.5"'],
    ['an empty line within', day({ 7: '' }), 'day/vm:8:1: ""'],
    ['a very long line', day({ 0: 'z'.repeat(1000) }), `day/vm:1:1: "${'z'.repeat(20)}…"`],
    ['too few lines', day().split('\n').slice(1).join('\n'), 'day/vm:288: the file ends with 287 samples'],
    ['nothing', '', 'day/vm:1: the file ends with 0 samples'],
    ['too many lines', `${day()}\n5`, 'day/vm:289: there is more'],
  ])('is refused with %s, by file, line and column', (_, text, message) => {
    expect(() => parsePlanetLabFile('vm', text, 'day/vm')).toThrow(message);
  });
});

describe('the order of traces', () => {
  const names = ['b', 'a10', 'a1', 'B', 'é', 'z', '\u{1F600}', '\uFFFD'];
  const traces = names.map((name) => ({ name }));
  const ordered = (order: string) => orderTraces(traces, parseTraceOrder(order)).map(({ name }) => name);

  test('sorted is by bytes, not by letters of some language', () => {
    expect(ordered('sorted')).toEqual(['B', 'a1', 'a10', 'b', 'z', 'é', '\uFFFD', '\u{1F600}']);
    expect(ordered('sorted')).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  test('reverse is sorted from the end', () => {
    expect(ordered('reverse')).toEqual(ordered('sorted').reverse());
  });

  test('a shuffle is the same for a seed, however the files were listed', () => {
    const listed = [...traces].reverse();
    expect(orderTraces(listed, parseTraceOrder('shuffle:7')).map(({ name }) => name)).toEqual(ordered('shuffle:7'));
    expect([...ordered('shuffle:7')].sort()).toEqual([...names].sort());
    expect(ordered('shuffle:8')).not.toEqual(ordered('shuffle:7'));
  });

  test.each(['random', 'shuffle', 'shuffle:', 'shuffle:-1', 'shuffle:x', ''])('"%s" is no order', (order) => {
    expect(() => parseTraceOrder(order)).toThrow(/shuffle:N/);
  });

  test('a set keeps the order', () => {
    const set = traceSetOf([
      { name: 'one', samples: new Uint8Array(SAMPLES_PER_DAY).fill(1) },
      { name: 'two', samples: new Uint8Array(SAMPLES_PER_DAY).fill(2) },
    ]);
    expect(set.names).toEqual(['one', 'two']);
    expect([set.samples[0], set.samples[SAMPLES_PER_DAY]]).toEqual([1, 2]);
  });
});

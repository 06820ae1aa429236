// A row of figures over time as one line of block characters.

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const DARK = '·';

/** One character per slot: `·` for null (dark), else a block by the value from 0 to 1. */
export function strip(values: readonly (number | null)[], width: number): string {
  return resample(values, width)
    .map((value) => (value === null ? DARK : BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(value * BLOCKS.length))]!))
    .join('');
}

/** At most `width` values: each the mean of those it stands for; dark where most of them are. */
export function resample(values: readonly (number | null)[], width: number): readonly (number | null)[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, index) => {
    const from = Math.floor((index * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((index + 1) * values.length) / width));
    const part = values.slice(from, to);
    const lit = part.filter((value) => value !== null);
    return lit.length * 2 < part.length || lit.length === 0
      ? null
      : lit.reduce((sum, value) => sum + value, 0) / lit.length;
  });
}

/** Labels under a strip: as many as fit, the first at its left end. */
export function axis(labels: (position: number) => string, width: number): string {
  const count = Math.max(1, Math.floor(width / 12));
  let line = '';
  for (let index = 0; index < count; index++) {
    const column = Math.round((index * width) / count);
    const label = labels(column / width);
    if (line.length <= column && column + label.length <= width) line = line.padEnd(column) + label;
  }
  return line;
}

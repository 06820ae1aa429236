// One file of the PlanetLab traces (CoMon, as published with CloudSim): 288 lines with a whole number from 0 to 100 each. Anything else is
// refused with file, line and column, since a trace that is read wrongly gives results that look right.

import { simulationErrors } from '../errors.ts';
import { SAMPLES_PER_DAY, type Trace } from './trace-set.ts';

const LONGEST_QUOTE = 20;
const ZERO = 48;

/** Throws TRACE_BAD_SAMPLE, TRACE_BAD_LENGTH and TRACE_TOO_LONG; `file` is how messages call it. */
export function parsePlanetLabFile(name: string, text: string, file: string): Trace {
  const samples = new Uint8Array(SAMPLES_PER_DAY);
  const end = text.trimEnd().length;
  let count = 0;
  for (let start = 0; start < end; count++) {
    const feed = text.indexOf('\n', start);
    const lineEnd = feed < 0 || feed > end ? end : feed;
    if (count === SAMPLES_PER_DAY) {
      throw simulationErrors.create('TRACE_TOO_LONG', { file, line: count + 1, wanted: SAMPLES_PER_DAY });
    }
    const percent = percentIn(text, start, text[lineEnd - 1] === '\r' && lineEnd > start ? lineEnd - 1 : lineEnd);
    if (percent < 0) throw badSample(text.slice(start, lineEnd), file, count + 1);
    samples[count] = percent;
    start = lineEnd + 1;
  }
  if (count < SAMPLES_PER_DAY) {
    const where = { file, line: count + 1, samples: count, wanted: SAMPLES_PER_DAY };
    throw simulationErrors.create('TRACE_BAD_LENGTH', where);
  }
  return { name, samples };
}

/** -1 for anything but digits that give 0 to 100. */
function percentIn(text: string, start: number, end: number): number {
  let value = start === end ? -1 : 0;
  for (let index = start; index < end && value >= 0; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    value = digit >= 0 && digit <= 9 && value * 10 + digit <= 100 ? value * 10 + digit : -1;
  }
  return value;
}

function badSample(line: string, file: string, lineNumber: number): Error {
  const shown = line.replace(/\r$/, '');
  const column = /^\d+$/.test(shown) ? 1 : shown.search(/[^0-9]|$/) + 1;
  const text = shown.length > LONGEST_QUOTE ? `${shown.slice(0, LONGEST_QUOTE)}…` : shown;
  return simulationErrors.create('TRACE_BAD_SAMPLE', { file, line: lineNumber, column, text });
}

// One file of the PlanetLab traces (CoMon, as published with CloudSim): 288 lines with a whole number from 0 to 100 each. Anything else is
// refused with file, line and column, since a trace that is read wrongly gives results that look right.

import { simulationErrors } from '../errors.ts';
import { SAMPLES_PER_DAY, type Trace } from './trace-set.ts';

const LONGEST_QUOTE = 20;

/** Throws TRACE_BAD_SAMPLE, TRACE_BAD_LENGTH and TRACE_TOO_LONG; `file` is how messages call it. */
export function parsePlanetLabFile(name: string, text: string, file: string): Trace {
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  const samples = new Uint8Array(SAMPLES_PER_DAY);
  for (const [index, line] of lines.entries()) {
    if (index === SAMPLES_PER_DAY) {
      throw simulationErrors.create('TRACE_TOO_LONG', { file, line: index + 1, wanted: SAMPLES_PER_DAY });
    }
    samples[index] = parseSample(line, file, index + 1);
  }
  if (lines.length < SAMPLES_PER_DAY) {
    throw simulationErrors.create('TRACE_BAD_LENGTH', {
      ...{ file, line: lines.length + 1, samples: lines.length, wanted: SAMPLES_PER_DAY },
    });
  }
  return { name, samples };
}

function parseSample(line: string, file: string, lineNumber: number): number {
  const digits = /^(?:0*)(\d{1,3})$/.exec(line)?.[1];
  const percent = digits === undefined ? Number.NaN : Number(digits);
  if (percent <= 100) return percent;
  const column = digits === undefined ? line.search(/[^0-9]|$/) + 1 : 1;
  const text = line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
  throw simulationErrors.create('TRACE_BAD_SAMPLE', { file, line: lineNumber, column, text });
}

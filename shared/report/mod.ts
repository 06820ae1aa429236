// The front door of reports: what people see of a run, while it goes and at its end, and what stays of it on disk.

export { clockTime, energy, mebibytes, percent, span, threeDigits } from './figures.ts';
export { ProgressLine, type ProgressOutput } from './progress-line.ts';
export { RunFolder } from './run-folder.ts';
export { renderReport } from './run-report.ts';
export { type Colour, type Column, paint, renderTable, type Terminal, wrapText } from './terminal.ts';

// The `lightsout` command: what the process knows of itself and its machine, signals, and the way out. All else is in program.ts.

import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgressOutput } from '../../shared/report/mod.ts';
import { WallClock } from '../../shared/runtime/live/mod.ts';
import { EXIT } from './errors.ts';
import { runCommandLine } from './program.ts';

/** Columns where nobody can be asked. */
const WIDTH_ELSEWHERE = 100;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait; the children end when our end of their input closes.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  });
}
// A pager that was left before the end is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.passed);
    throw error;
  });
}

process.exitCode = await runCommandLine(
  {
    environment: process.env,
    nodePath: process.execPath,
    checkoutPath: dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
    workingPath: process.cwd(),
    processId: process.pid,
    coreCount: availableParallelism(),
    out: outputOf(process.stdout),
    complaints: outputOf(process.stderr),
    clock: new WallClock(),
    interrupted: interruption.signal,
  },
  process.argv.slice(2),
);

function outputOf(stream: NodeJS.WriteStream): ProgressOutput {
  const isTerminal = stream.isTTY === true;
  const wantsNone = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return {
    terminal: { width: isTerminal ? stream.columns : WIDTH_ELSEWHERE, colours: isTerminal && !wantsNone },
    rewritable: isTerminal && process.env['TERM'] !== 'dumb',
    write: (text) => void stream.write(text),
  };
}

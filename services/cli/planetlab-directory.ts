// Reads a directory of PlanetLab traces: every file in it is one VM. What does not belong there is refused rather than skipped, because
// the number of VMs and their order decide the results.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  orderTraces,
  parsePlanetLabFile,
  simulationErrors,
  type Trace,
  type TraceOrder,
  type TraceSet,
  traceSetOf,
} from '../../shared/simulation/mod.ts';

/** `shownPath` is how messages call the directory. Throws TRACE_ errors. */
export function readPlanetLabDirectory(path: string, order: TraceOrder, shownPath = path): TraceSet {
  const names = attempt(shownPath, () => readdirSync(path));
  if (names.length === 0) throw simulationErrors.create('TRACE_EMPTY', { directory: shownPath });
  const files = orderTraces(
    names.map((name) => ({ name })),
    order,
  );
  return traceSetOf(files.map(({ name }) => readTrace(join(path, name), name, join(shownPath, name))));
}

function readTrace(path: string, name: string, shownPath: string): Trace {
  const text = attempt(shownPath, () => readFileSync(path, 'latin1'));
  return parsePlanetLabFile(name, text, shownPath);
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw simulationErrors.create('TRACE_UNREADABLE', { path, reason }, error);
  }
}

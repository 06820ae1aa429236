// What the CLI and the process that replays a scenario say to each other. The request is one line of JSON on the child's
// standard input, which then stays open: its end means that the parent is gone. The child answers with lines of JSON on its standard
// output, the last of them `result` or `failure`, and exits with 0; the verdict is the parent's business.

import type { Progress, ScenarioResult } from './result.ts';
import type { Scenario } from './scenario.ts';

export interface ReplayRequest {
  readonly kind: 'replay';
  readonly scenario: Scenario;
  readonly seed: number;
  readonly threads: number;
  /** Folder with `<image>.elf`. */
  readonly guestsPath: string;
  /** Folder for events.ndjson and metrics.csv; null for none. It exists. */
  readonly outPath: string | null;
}

export type ReplayMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: ScenarioResult }
  /** The run could not be brought to its end. `exitCode` as in the table of errors. */
  | { readonly kind: 'failure'; readonly code: string; readonly message: string; readonly exitCode: number };

// What main.ts knows of the process and the machine, for commands that must not ask themselves; tests give their own.

import type { ProgressOutput } from '../../shared/report/mod.ts';
import type { WallClock } from '../../shared/runtime/live/mod.ts';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Node for our programs. */
  readonly nodePath: string;
  readonly checkoutPath: string;
  /** Where the user is: relative paths count from there. */
  readonly workingPath: string;
  readonly processId: number;
  readonly coreCount: number;
  /** Tables and JSON. */
  readonly out: ProgressOutput;
  /** Progress and complaints. */
  readonly complaints: ProgressOutput;
  /** The wall's clock at speed 1, for deadlines of our own. */
  readonly clock: WallClock;
  /** Given on Ctrl-C and on SIGTERM. */
  readonly interrupted: AbortSignal;
}

export function print(surroundings: Surroundings, text: string): void {
  surroundings.out.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function complain(surroundings: Surroundings, text: string): void {
  surroundings.complaints.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** The one object that `--json` prints. */
export function printJson(surroundings: Surroundings, value: unknown): void {
  print(surroundings, JSON.stringify(value, null, 2));
}

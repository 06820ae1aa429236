// How far a run is: on a terminal one line that is written over, elsewhere a line for each tenth of the way.

import type { Progress } from '../scenario/mod.ts';
import { clockTime } from './figures.ts';
import { paint, type Terminal } from './terminal.ts';

const NS_PER_MS = 1e6;
const BAR_WIDTH = 20;
const TENTHS = 10;

export interface ProgressOutput {
  readonly terminal: Terminal;
  /** Whether a line can be written over. */
  readonly rewritable: boolean;
  readonly write: (text: string) => void;
}

export class ProgressLine {
  readonly #output: ProgressOutput;
  #said = '';
  #isShown = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(progress: Progress): void {
    const { rewritable, terminal, write } = this.#output;
    const text = describe(progress);
    if (rewritable) {
      // The figures come before the bar where there is no room for both.
      const whole = `${bar(progress)} ${text}`;
      const line = (whole.length < terminal.width ? whole : text).slice(0, terminal.width - 1);
      write(`\r${paint(terminal, 'cyan', line)}\u001b[K`);
      this.#isShown = true;
      return;
    }
    const tenth = Math.floor((progress.timeNs / progress.durationNs) * TENTHS);
    const step = progress.phase === 'done' ? `running ${tenth}` : `${progress.phase} ${tenth}`;
    if (step === this.#said) return;
    this.#said = step;
    write(`${text}\n`);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K');
    this.#isShown = false;
  }
}

function describe(progress: Progress): string {
  const { phase, hosts, hostsOn, vms, vmsRunning } = progress;
  if (phase === 'joining') return `${hostsOn} of ${hosts} hosts have joined`;
  if (phase === 'starting') return `${vmsRunning} of ${vms} VMs have started`;
  const time = `${clockTime(progress.timeNs / NS_PER_MS)} of ${clockTime(progress.durationNs / NS_PER_MS)}`;
  const ended = progress.vmsEnded > 0 ? ` (${progress.vmsEnded} ended)` : '';
  const { migrationsUnderWay, migrationsCompleted, migrationsFailed } = progress;
  const moving = migrationsUnderWay > 0 ? `, ${migrationsUnderWay} under way` : '';
  const failed = migrationsFailed > 0 ? `, ${migrationsFailed} failed` : '';
  return `${time}  hosts on ${hostsOn}/${hosts}  VMs ${vmsRunning}/${vms}${ended}  migrations ${migrationsCompleted}${moving}${failed}`;
}

function bar(progress: Progress): string {
  const filled = Math.round((progress.timeNs / progress.durationNs) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
}

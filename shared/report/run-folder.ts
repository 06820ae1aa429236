// The folder of a run: events.ndjson, metrics.csv, consoles/<vm>.log as it goes, run.json at the end. What an earlier run left there under
// these names is replaced.

import type { HostTelemetry } from '../protocol/mod.ts';
import type { LocalDisk } from '../runtime/mod.ts';
import type { RunSink, ScenarioResult } from '../scenario/mod.ts';

const EVENTS = 'events.ndjson';
const METRICS = 'metrics.csv';
const RUN = 'run.json';
const CONSOLES = 'consoles';
const CONSOLE_MARK = '"kind":"vm.console"';
const METRICS_HEAD = 'time_s,host,power,utilisation,committed_bytes,vms,instructions,steal_s,lag_ms\n';
/** Chosen: text that is kept before it goes to the disk. */
const BUFFER_CHARACTERS_MAX = 1 << 16;

const encoder = new TextEncoder();

export class RunFolder implements RunSink {
  readonly #disk: LocalDisk;
  readonly #buffers = new Map<string, string[]>();
  readonly #failures: unknown[] = [];
  #buffered = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(disk: LocalDisk) {
    this.#disk = disk;
  }

  static async open(disk: LocalDisk): Promise<RunFolder> {
    for (const path of [EVENTS, METRICS, RUN]) await disk.remove(path);
    for (const name of await disk.list(CONSOLES)) if (name.endsWith('.log')) await disk.remove(`${CONSOLES}/${name}`);
    const folder = new RunFolder(disk);
    folder.#add(METRICS, METRICS_HEAD);
    return folder;
  }

  event(line: string): void {
    this.#add(EVENTS, line);
    if (line.includes(CONSOLE_MARK)) this.#console(line);
  }

  telemetry(telemetry: HostTelemetry, atNs: number): void {
    const { host, power, committedBytes, vms, lagNs } = telemetry;
    const utilisation = telemetry.intervalNs === 0 ? 0 : telemetry.busyNs / (telemetry.intervalNs * telemetry.cpus);
    const instructions = vms.reduce((sum, vm) => sum + vm.instructions, 0);
    const stealNs = vms.reduce((sum, vm) => sum + vm.stealNs, 0);
    const figures = [utilisation.toFixed(4), committedBytes, vms.length, instructions, (stealNs / 1e9).toFixed(3)];
    this.#add(METRICS, `${[(atNs / 1e9).toFixed(3), host, power, ...figures, (lagNs / 1e6).toFixed(1)].join(',')}\n`);
  }

  /** Writes what is left, and the result. Rejects when anything could not be written. */
  async close(result: ScenarioResult | undefined): Promise<void> {
    this.#flush();
    await this.#written;
    if (this.#failures.length > 0) throw this.#failures[0];
    if (result !== undefined)
      await this.#disk.writeAtomically(RUN, encoder.encode(`${JSON.stringify(result, null, 2)}\n`));
  }

  #console(line: string): void {
    const event = JSON.parse(line) as { vm: string; host: string; line: string; timeNs: number };
    const time = (event.timeNs / 1e9).toFixed(3).padStart(10);
    this.#add(`${CONSOLES}/${event.vm}.log`, `${time} ${event.host}  ${event.line}\n`);
  }

  #add(path: string, text: string): void {
    const buffer = this.#buffers.get(path) ?? [];
    buffer.push(text);
    this.#buffers.set(path, buffer);
    this.#buffered += text.length;
    if (this.#buffered >= BUFFER_CHARACTERS_MAX) this.#flush();
  }

  #flush(): void {
    for (const [path, texts] of this.#buffers) {
      const content = encoder.encode(texts.join(''));
      this.#written = this.#written
        .then(() => this.#disk.append(path, content))
        .catch((error: unknown) => void this.#failures.push(error));
    }
    this.#buffers.clear();
    this.#buffered = 0;
  }
}

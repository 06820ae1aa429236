// `lightsout simulate --traces DIR --policy NAME`: one day of traced VMs under one policy, and what came of it. CPU time and memory are
// those of the whole process, since that is what a user pays for.

import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { cpuUsage, resourceUsage } from 'node:process';
import { paint, renderTable, type Terminal } from '../../shared/report/mod.ts';
import {
  EventLines,
  parseCloudSimPolicy,
  parseTraceOrder,
  type SimulationResult,
  simulateCloudSim,
  simulationErrors,
} from '../../shared/simulation/mod.ts';
import { cliErrors, EXIT } from './errors.ts';
import { readPlanetLabDirectory } from './planetlab-directory.ts';
import { print, printJson, type Surroundings } from './surroundings.ts';

export const SIMULATION_MODEL = 'cloudsim-3.0.3';
const BYTES_PER_MIB = 1024 * 1024;
/** Events go to the file in pieces of about this size. */
const CHUNK_CHARACTERS = 1 << 20;

export interface SimulateOptions {
  readonly traces: string;
  readonly policy: string;
  /** `key=value` each. */
  readonly args: readonly string[];
  readonly model: string;
  readonly order: string;
  readonly keepIdle: boolean;
  readonly json: boolean;
  readonly events: string | undefined;
}

interface Measured extends SimulationResult {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

export function simulateCommand(surroundings: Surroundings, options: SimulateOptions): number {
  if (options.model !== SIMULATION_MODEL) {
    const expected = `${SIMULATION_MODEL}, the only model so far (the native one is not there yet),`;
    throw cliErrors.create('CLI_BAD_OPTION', { option: '--model', value: options.model, expected });
  }
  const policyArguments = parseArguments(options.args);
  const policy = parseCloudSimPolicy(options.policy, policyArguments);
  const order = parseTraceOrder(options.order);
  const traces = readPlanetLabDirectory(resolve(surroundings.workingPath, options.traces), order, options.traces);
  const file = options.events === undefined ? null : new EventFile(surroundings, options.events);
  let result: SimulationResult;
  try {
    const listener = file === null ? {} : { listener: new EventLines((line) => file.write(line)) };
    result = simulateCloudSim(traces, { policy, keepIdle: options.keepIdle, ...listener });
  } finally {
    file?.close();
  }
  const { user, system } = cpuUsage();
  const measured: Measured = {
    ...{ ...result, cpuSeconds: (user + system) / 1e6, peakRssBytes: resourceUsage().maxRSS * 1024 },
  };
  if (options.json) {
    const { model, order: orderName, keepIdle } = options;
    const what = { model, policy: policy.name, arguments: Object.fromEntries(policyArguments), traces: options.traces };
    printJson(surroundings, { ...what, order: orderName, keepIdle, ...measured });
  } else print(surroundings, renderSimulation(surroundings.out.terminal, options, measured));
  return EXIT.passed;
}

function parseArguments(args: readonly string[]): Map<string, string> {
  const parsed = new Map<string, string>();
  for (const argument of args) {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9]*)=(.+)$/.exec(argument) ?? [];
    if (key === undefined || value === undefined) {
      const expected = 'key=value, as in parameter=1.2,';
      throw cliErrors.create('CLI_BAD_OPTION', { option: '--arg', value: argument, expected });
    }
    parsed.set(key, value);
  }
  return parsed;
}

export function renderSimulation(terminal: Terminal, options: SimulateOptions, result: Measured): string {
  const head = paint(terminal, 'bold', [options.policy, ...options.args].join(' '));
  const idle = options.keepIdle ? ', idle VMs kept' : '';
  const what = `${result.vms} VMs on ${result.hosts} hosts, model ${options.model}, order ${options.order}${idle}`;
  const least = result.energyKwh === 0 ? '' : `${percentOf(result.lowerBoundKwh, result.energyKwh)} of the energy`;
  const rows = [
    ['energy', result.energyKwh.toFixed(2), 'kWh', ''],
    ['lower bound', result.lowerBoundKwh.toFixed(2), 'kWh', least],
    ['migrations', grouped(result.migrations), '', ''],
    ['host shutdowns', grouped(result.hostShutdowns), '', 'a host that was never used counts once'],
    ['active hosts', result.meanActiveHosts.toFixed(1), '', 'mean over time'],
    ['SLAV', result.slavPercent.toFixed(5), '%', 'SLATAH × PDM'],
    ['SLATAH', result.slatahPercent.toFixed(2), '%', 'active time with less than was asked for'],
    ['PDM', result.pdmPercent.toFixed(2), '%', 'work lost by migration'],
    ['ESV', (result.esv * 1000).toFixed(4), '10^-3', 'energy × SLAV'],
    ['unserved', grouped(Math.round(result.unservedCpuSeconds)), 'CPU s', "of the VMs' own CPUs"],
    ['took', result.cpuSeconds.toFixed(2), 'CPU s', `${Math.round(result.peakRssBytes / BYTES_PER_MIB)} MiB`],
  ];
  const columns = [{ title: 'metric' }, { title: 'value', align: 'right' }, { title: 'unit' }, { title: '' }] as const;
  return `${head}  ${what}\n\n${renderTable(terminal, columns, rows)}`;
}

const percentOf = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(0)} %`;

const grouped = (count: number): string => count.toLocaleString('en-US');

class EventFile {
  readonly #file: number;
  readonly #path: string;
  #pending: string[] = [];
  #characters = 0;

  constructor(surroundings: Surroundings, path: string) {
    this.#path = path;
    this.#file = this.#attempt(() => openSync(resolve(surroundings.workingPath, path), 'w'));
  }

  write(line: string): void {
    this.#pending.push(line, '\n');
    this.#characters += line.length + 1;
    if (this.#characters >= CHUNK_CHARACTERS) this.#flush();
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#characters = 0;
    this.#attempt(() => {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    });
  }

  #attempt<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw simulationErrors.create('SIMULATION_EVENTS_UNWRITABLE', { path: this.#path, reason }, error);
    }
  }
}

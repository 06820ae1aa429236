// `lightsout replay FILE`: reads the file, runs it in virtual time or live, reports, and answers with the exit code of the verdict.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ProgressLine, paint, renderReport, wrapText } from '../../shared/report/mod.ts';
import type { Progress, Scenario, ScenarioResult } from '../../shared/scenario/mod.ts';
import { capacityOf, measureCore, paceOf } from './calibration.ts';
import { EXIT } from './errors.ts';
import { guestsPath, readGuest } from './places.ts';
import { replayLive } from './replay-live.ts';
import { replayVirtual } from './replay-virtual.ts';
import { readScenario } from './scenario-reading.ts';
import { complain, print, printJson, type Surroundings } from './surroundings.ts';

export interface ReplayOptions {
  readonly live: boolean;
  /** A policy file, or the name of a policy. */
  readonly policy: string | undefined;
  readonly out: string | undefined;
  readonly seed: number | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
}

export async function replayCommand(surroundings: Surroundings, file: string, options: ReplayOptions): Promise<number> {
  const scenario = await readScenario(surroundings, file, options.policy);
  const seed = options.seed ?? scenario.seed;
  const outPath = options.out === undefined ? null : resolve(surroundings.workingPath, options.out);
  if (outPath !== null) mkdirSync(outPath, { recursive: true });
  if (!options.json) print(surroundings, introduction(surroundings, scenario, options.live));
  const progress = new ProgressLine(surroundings.complaints);
  const run = { scenario, seed, outPath, onProgress: (each: Progress) => progress.show(each) };
  let result: ScenarioResult;
  try {
    result = options.live
      ? await live(surroundings, run, options.json)
      : await replayVirtual(
          surroundings,
          {
            ...{ kind: 'replay', scenario, seed, outPath, guestsPath: guestsPath(surroundings.checkoutPath) },
            threads: options.threads ?? surroundings.coreCount,
          },
          run.onProgress,
        );
  } finally {
    progress.clear();
  }
  if (options.json) printJson(surroundings, result);
  else {
    print(surroundings, `${renderReport(result, surroundings.out.terminal)}\n`);
    print(surroundings, whatNext(surroundings, file, options));
  }
  return exitCodeOf(result);
}

async function live(
  surroundings: Surroundings,
  run: Omit<Parameters<typeof replayLive>[1], 'speed'>,
  quiet: boolean,
): Promise<ScenarioResult> {
  const coreRate = measureCore(readGuest(surroundings.checkoutPath, 'burn'), surroundings.clock);
  const pace = paceOf(run.scenario, capacityOf(coreRate, surroundings.coreCount));
  if (pace.slowed !== undefined && !quiet) complain(surroundings, pace.slowed);
  const result = await replayLive(surroundings, { ...run, speed: pace.speed });
  return pace.slowed === undefined ? result : { ...result, warnings: [pace.slowed, ...result.warnings] };
}

function introduction(surroundings: Surroundings, scenario: Scenario, isLive: boolean): string {
  const { terminal } = surroundings.out;
  const size = `${scenario.hosts.length} hosts, ${scenario.vms.length} VMs`;
  const how = isLive ? 'live: real processes, paced by the wall clock' : 'in virtual time';
  const head = `${paint(terminal, 'bold', scenario.name)}  ${size}, ${how}`;
  return scenario.description === ''
    ? `${head}\n\n`
    : `${head}\n${wrapText(scenario.description, terminal.width, '  ')}\n\n`;
}

function whatNext(surroundings: Surroundings, file: string, options: ReplayOptions): string {
  const { terminal } = surroundings.out;
  const lines = options.live
    ? [
        ['the same in virtual time, the same bytes each time', `npx lightsout replay ${file}`],
        ...otherScenario(file),
        ['a cluster that stays', 'npx lightsout up'],
      ]
    : [
        ['the same on real processes', `npx lightsout replay ${file} --live`],
        ...(options.out === undefined
          ? [['keep events, metrics and consoles', `npx lightsout replay ${file} --out runs/1`]]
          : []),
      ];
  const width = Math.max(...lines.map(([what]) => what!.length));
  const rows = lines.map(([what, command]) => `  ${what!.padEnd(width)}  ${paint(terminal, 'cyan', command!)}`);
  return `Go on with:\n${rows.join('\n')}\n`;
}

function otherScenario(file: string): readonly [string, string][] {
  if (file.endsWith('migrate-under-write.yaml')) return [];
  return [['live migration under write load', 'npx lightsout replay scenarios/migrate-under-write.yaml']];
}

function exitCodeOf(result: ScenarioResult): number {
  if (result.passed) return EXIT.passed;
  // A run on a machine that was too slow has not failed: it says nothing.
  return result.valid ? EXIT.failed : EXIT.missing;
}

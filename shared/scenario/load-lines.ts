// Curves of load, written out as console lines with their times. Everything random comes from the scenario's seed, by VM, so that one
// more VM changes nothing for the others.

import type { Random } from '../runtime/mod.ts';
import type { Curve, Load, Scenario } from './scenario.ts';

export interface TimedLine {
  readonly atNs: number;
  readonly vm: string;
  readonly line: string;
}

interface Sample {
  readonly atNs: number;
  readonly value: number;
}

/** All lines up to the end of the scenario, in the order of time and, within it, of the file. A value that did not change is not typed again. */
export function loadLines(scenario: Pick<Scenario, 'load' | 'durationNs'>, random: Random): readonly TimedLine[] {
  const lines = scenario.load.flatMap((load, index) =>
    load.vms.flatMap((vm, position) => {
      const stream = random.fork(`load/${index}/${vm}`);
      return linesOf(load, vm, position * load.staggerNs, scenario.durationNs, stream);
    }),
  );
  return lines.sort((a, b) => a.atNs - b.atNs);
}

function linesOf(load: Load, vm: string, delayNs: number, durationNs: number, random: Random): readonly TimedLine[] {
  const lines: TimedLine[] = [];
  let last: string | undefined;
  for (const sample of repeatedSamples(load, durationNs - delayNs)) {
    // Drawn for each sample, so that noise does not depend on which lines are typed.
    const factor = 1 + load.noise * (2 * random.float() - 1);
    const line = load.line.replaceAll('{value}', String(Math.round(Math.max(0, sample.value * factor))));
    if (line !== last) lines.push({ atNs: sample.atNs + delayNs, vm, line });
    last = line;
  }
  return lines;
}

function repeatedSamples(load: Load, endNs: number): readonly Sample[] {
  const { repeat } = load;
  if (repeat === null) return samplesOf(load.curve, endNs).filter((sample) => sample.atNs < endNs);
  const all: Sample[] = [];
  for (let turn = 0; turn < (repeat.times ?? Number.POSITIVE_INFINITY) && turn * repeat.everyNs < endNs; turn++) {
    const startNs = turn * repeat.everyNs;
    for (const sample of samplesOf(load.curve, repeat.everyNs)) {
      const atNs = startNs + sample.atNs;
      if (sample.atNs < repeat.everyNs && atNs < endNs) all.push({ atNs, value: sample.value });
    }
  }
  return all;
}

function samplesOf(curve: Curve, endNs: number): readonly Sample[] {
  switch (curve.kind) {
    case 'steps':
      return curve.steps;
    case 'ramp': {
      const { from, to, startNs } = curve;
      const rampEndNs = curve.endNs;
      const between = every(startNs, rampEndNs, curve.everyNs).map((atNs) => ({
        atNs,
        value: from + ((to - from) * (atNs - startNs)) / (rampEndNs - startNs),
      }));
      const before = startNs > 0 ? [{ atNs: 0, value: from }] : [];
      return [...before, ...between, { atNs: rampEndNs, value: to }];
    }
    case 'sine': {
      const wave = (atNs: number) => Math.sin((2 * Math.PI * (atNs - curve.phaseNs)) / curve.periodNs);
      return every(0, endNs, curve.everyNs).map((atNs) => ({ atNs, value: curve.mean + curve.amplitude * wave(atNs) }));
    }
    case 'day': {
      const height = (atNs: number) => (1 + Math.cos((2 * Math.PI * (atNs - curve.peakNs)) / curve.lengthNs)) / 2;
      return every(0, endNs, curve.everyNs).map((atNs) => ({
        atNs,
        value: curve.low + (curve.high - curve.low) * height(atNs),
      }));
    }
  }
}

/** Times from `fromNs` on, before `toNs`. */
function every(fromNs: number, toNs: number, stepNs: number): readonly number[] {
  const count = Math.max(0, Math.ceil((toNs - fromNs) / stepNs));
  return Array.from({ length: count }, (_, index) => fromNs + index * stepNs);
}

// Judges expectations on what a run has shown. Safety and outcomes are judged in both modes, timings in virtual time only.

import type { Observation } from './observation.ts';
import type { EnergyResult, ExpectationResult, VmResult } from './result.ts';
import type { Bound, Check, Expectation, Mode } from './scenario.ts';
import { isWithin } from './tally.ts';

interface Finding {
  readonly met: boolean;
  readonly detail: string;
}

export interface RunFigures {
  readonly vms: readonly VmResult[];
  readonly energy: EnergyResult;
}

export function judge(
  expectations: readonly Expectation[],
  observation: Observation,
  figures: RunFigures,
  mode: Mode,
): readonly ExpectationResult[] {
  const judged = expectations
    .filter((expectation) => expectation.only === null || expectation.only === mode)
    .map((expectation) => ({
      name: expectation.name,
      class: expectation.class,
      judged: expectation.class !== 'timing' || mode === 'virtual',
      ...find(expectation.check, observation, figures),
    }));
  return [...judged, runsOnce(observation)];
}

/** Always expected: at most one copy whose effects count (DESIGN, "Ownership"). */
function runsOnce(observation: Observation): ExpectationResult {
  const { doubled } = observation.vms;
  const detail = doubled.length === 0 ? 'none did' : doubled.join(', ');
  return { name: 'no VM runs in two places', class: 'safety', judged: true, met: doubled.length === 0, detail };
}

function find(check: Check, observation: Observation, figures: RunFigures): Finding {
  switch (check.measure) {
    case 'hostsOn':
    case 'hostsOnAt':
    case 'hostsOnReaches':
      return findHostsOn(check, observation);
    case 'vmsLost': {
      const lost = figures.vms.filter((vm) => vm.state === 'lost');
      const detail = lost.length === 0 ? 'none' : lost.map((vm) => `${vm.vm}: ${vm.detail}`).join('; ');
      return { met: isMet(check.bound, lost.length), detail };
    }
    case 'migrations': {
      const { outcome, vms, bound, window } = check;
      const count = observation.migrations.filter(
        ({ report, timeNs }) =>
          report.outcome === outcome &&
          (vms === null || vms.includes(report.vm)) &&
          isWithin(window, observation.atNs(timeNs)),
      ).length;
      return { met: isMet(bound, count), detail: `${count} ${outcome}` };
    }
    case 'downtime':
      return findDowntime(check, observation);
    case 'energy': {
      const percent = Math.round(figures.energy.ratio * 1000) / 10;
      return { met: isMet(check.bound, figures.energy.ratio), detail: `${percent} %` };
    }
    case 'console': {
      const tally = observation.tallies.get(check)!;
      const wrong = check.vms.filter((vm) => !isMet(check.bound, tally.countOf(vm)));
      if (wrong.length === 0) return { met: true, detail: tally.lastLine === '' ? 'never' : tally.lastLine };
      const counts = wrong.map((vm) => `${vm} ${tally.countOf(vm)} times`).join(', ');
      return { met: false, detail: tally.lastLine === '' ? counts : `${counts}; last ${tally.lastLine}` };
    }
    case 'events': {
      const { count } = observation.tallies.get(check)!;
      return { met: isMet(check.bound, count), detail: `${count} times` };
    }
  }
}

function findHostsOn(
  check: Extract<Check, { measure: 'hostsOn' | 'hostsOnAt' | 'hostsOnReaches' }>,
  observation: Observation,
): Finding {
  const beganNs = observation.beganNs ?? 0;
  const { endNs, hostsOn } = observation;
  if (check.measure === 'hostsOnAt') {
    const count = hostsOn.at(beganNs + check.atNs);
    return { met: isMet(check.bound, count), detail: `${count} on` };
  }
  if (check.measure === 'hostsOnReaches') {
    const { fromNs, toNs } = check.window;
    const points = hostsOn.points(beganNs + fromNs, toNs === null ? endNs : beganNs + toNs);
    const first = points.find((point) => isMet(check.bound, point.count));
    if (first !== undefined) return { met: true, detail: `${first.count} on at ${clockTime(first.timeNs - beganNs)}` };
    const counts = points.map((point) => point.count);
    return { met: false, detail: `${Math.min(...counts)} to ${Math.max(...counts)} on in that time` };
  }
  const counts = hostsOn.points(beganNs, endNs).map((point) => point.count);
  const count = { min: Math.min(...counts), max: Math.max(...counts), end: hostsOn.at(endNs) }[check.when];
  return { met: isMet(check.bound, count), detail: `${count} on` };
}

function findDowntime(check: Extract<Check, { measure: 'downtime' }>, observation: Observation): Finding {
  const downtimes = observation.migrations
    .filter(({ report }) => report.outcome === 'completed' && (check.vms === null || check.vms.includes(report.vm)))
    .map(({ report }) => report.downtimeNs)
    .sort((a, b) => a - b);
  if (downtimes.length === 0) return { met: false, detail: 'no migration was completed' };
  const valueNs = statisticOf(downtimes, check.statistic);
  return { met: valueNs <= check.atMostNs, detail: `${Math.round(valueNs / 1e4) / 100} ms in ${downtimes.length}` };
}

/** `sorted` ascends and is not empty. The 95th percentile is the nearest rank. */
function statisticOf(sorted: readonly number[], statistic: 'max' | 'p95' | 'mean'): number {
  switch (statistic) {
    case 'max':
      return sorted.at(-1)!;
    case 'p95':
      return sorted[Math.ceil(sorted.length * 0.95) - 1]!;
    case 'mean':
      return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  }
}

export function isMet(bound: Bound, value: number): boolean {
  return (bound.atLeast === null || value >= bound.atLeast) && (bound.atMost === null || value <= bound.atMost);
}

/** To the tenth of a second. */
function clockTime(timeNs: number): string {
  const tenths = Math.round(timeNs / 1e8);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}

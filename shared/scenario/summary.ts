// From what a run has shown to its figures and its verdict.

import { NS_PER_MS } from '../runtime/mod.ts';
import type { EndedMigration, Observation } from './observation.ts';
import type { HostResult, MigrationResult, ScenarioResult } from './result.ts';
import type { Mode, Scenario } from './scenario.ts';
import { SLOT_COUNT } from './timeline.ts';
import { judge } from './verdict.ts';

/** A host that was further behind by the wall clock lets the time go (host-node's limit), so the run says nothing. */
const LAG_LIMIT_NS = 500 * NS_PER_MS;
/** Chosen: a VM that no host named for so many telemetry intervals is nowhere. */
const UNSEEN_INTERVALS_MAX = 3;

export type Summary = Omit<ScenarioResult, 'scenario' | 'mode' | 'seed' | 'eventsSha256' | 'eventCount'>;

export function summarise(scenario: Scenario, observation: Observation, mode: Mode, speed: number): Summary {
  const { endNs } = observation;
  const beganNs = observation.beganNs ?? 0;
  const energy = observation.energy.total(endNs);
  const vms = observation.vms.results(endNs - UNSEEN_INTERVALS_MAX * scenario.configuration.telemetryIntervalNs);
  const expectations = judge(scenario.expectations, observation, { vms, energy }, mode);
  const points = observation.hostsOn.points(beganNs, endNs);
  const counts = points.map((point) => point.count);
  const { slotNs } = observation.timeline;
  const slots = Array.from({ length: SLOT_COUNT }, (_, slot) =>
    observation.hostsOn.at(beganNs + (slot + 0.5) * slotNs),
  );
  const valid = mode === 'virtual' || observation.lagNs <= LAG_LIMIT_NS * Math.max(1, speed);
  const lag = `a host was ${Math.round(observation.lagNs / NS_PER_MS)} ms of cluster time behind its clock at worst`;
  return {
    passed: expectations.every((expectation) => expectation.met || !expectation.judged),
    valid,
    durationMs: scenario.durationNs / NS_PER_MS,
    hostsOn: {
      min: Math.min(...counts),
      max: Math.max(...counts),
      end: observation.hostsOn.at(endNs),
      curve: points.map((point) => ({ atMs: (point.timeNs - beganNs) / NS_PER_MS, count: point.count })),
    },
    vmsLost: vms.filter((vm) => vm.state === 'lost').length,
    migrations: observation.migrations.map((ended) => migrationResult(ended, beganNs)),
    expectations,
    energy,
    hosts: scenario.hosts.map((host) => hostResult(host.host, host.cpus, observation)),
    vms,
    timeline: { slotMs: slotNs / NS_PER_MS, hostsOn: slots },
    warnings: valid
      ? []
      : [`${lag}: the machine is too slow for this speed, or had other things to do, and the figures suffer`],
  };
}

function migrationResult({ report, timeNs }: EndedMigration, beganNs: number): MigrationResult {
  const { migration, vm, from, to, outcome, reason, detail, rounds, pages, zeroPages, bytes } = report;
  return {
    ...{ migration, vm, from, to, outcome, reason, detail, rounds, pages, zeroPages, bytes },
    endedMs: (timeNs - beganNs) / NS_PER_MS,
    downtimeMs: report.downtimeNs / NS_PER_MS,
    totalMs: report.totalNs / NS_PER_MS,
  };
}

function hostResult(host: string, cpus: number, observation: Observation): HostResult {
  const { energy, timeline, hostsOn, endNs } = observation;
  return {
    host,
    power: hostsOn.power(host) ?? 'unknown',
    onMs: energy.onNs(host, endNs) / NS_PER_MS,
    joules: energy.joules(host, endNs),
    utilisation: energy.utilisation(host, endNs),
    strip: timeline.strip(host, cpus),
  };
}

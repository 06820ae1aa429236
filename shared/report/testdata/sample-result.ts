// A result with something of everything, for tests of the report.

import type { ScenarioResult } from '../../scenario/mod.ts';

const SLOTS = 60;

export function sampleResult(changes: Partial<ScenarioResult> = {}): ScenarioResult {
  const folded = (from: number, to: number, level: number) =>
    Array.from({ length: SLOTS }, (_, slot) => (slot < from ? 0.05 : slot < to ? level : 0.85));
  const dark = (from: number, to: number) =>
    Array.from({ length: SLOTS }, (_, slot) => (slot >= from && slot < to ? null : slot < from ? 0.05 : 0.9));
  const migration = (vm: string, from: string, to: string, endedMs: number) => ({
    ...{ migration: `m-${vm}`, vm, from, to, endedMs, outcome: 'completed', reason: 'downtime-limit', detail: '' },
    ...{ rounds: 2, pages: 16_400, zeroPages: 16_300, bytes: 412_000, downtimeMs: 3.2512, totalMs: 41.87 },
  });
  return {
    scenario: 'sample',
    mode: 'virtual',
    seed: 7,
    passed: false,
    valid: true,
    durationMs: 600_000,
    eventsSha256: '0123456789abcdef'.repeat(4),
    eventCount: 1234,
    hostsOn: {
      min: 1,
      max: 3,
      end: 3,
      curve: [
        { atMs: 0, count: 3 },
        { atMs: 100_000, count: 1 },
        { atMs: 400_000, count: 3 },
      ],
    },
    vmsLost: 0,
    migrations: [
      migration('vm-2', 'host-2', 'host-1', 65_000),
      migration('vm-3', 'host-3', 'host-1', 70_250),
      {
        ...migration('vm-3', 'host-1', 'host-3', 410_000),
        ...{ outcome: 'failed', reason: 'not-converging', rounds: 9, bytes: 310_000_000, downtimeMs: 0 },
      },
    ] as ScenarioResult['migrations'],
    expectations: [
      { name: 'fewest hosts on exactly 1', class: 'outcome', met: true, judged: true, detail: '1 on' },
      { name: 'migrations failed exactly 0', class: 'outcome', met: false, judged: true, detail: '1 failed' },
      { name: 'longest downtime at most 2ms', class: 'timing', met: false, judged: false, detail: '3.25 ms in 2' },
    ],
    energy: { joules: 95_000, allOnJoules: 180_000, ratio: 95 / 180 },
    hosts: [
      { host: 'host-1', power: 'on', onMs: 600_000, joules: 65_000, utilisation: 0.55, strip: folded(6, 40, 0.15) },
      { host: 'host-2', power: 'on', onMs: 300_000, joules: 20_000, utilisation: 0.42, strip: dark(10, 40) },
      { host: 'host-3', power: 'on', onMs: 300_000, joules: 10_000, utilisation: 0.42, strip: dark(11, 41) },
    ],
    vms: [],
    timeline: { slotMs: 10_000, hostsOn: Array.from({ length: SLOTS }, (_, slot) => (slot < 10 || slot > 40 ? 3 : 1)) },
    warnings: [
      'at 410 s: a warning that is long enough to be broken between two of its words when the terminal is narrow',
    ],
    ...changes,
  };
}

import { expect, test } from 'vitest';
import type { HostTelemetry } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import { SLOT_COUNT, Timeline } from './timeline.ts';

const report = (host: string, power: 'on' | 'standby', atS: number): HostTelemetry => ({
  ...{ host, incarnation: 'first', sequence: atS, timeNs: atS * NS_PER_S, intervalNs: NS_PER_S, power },
  ...{ cpus: 1, instructionsPerSecond: 1e6, memoryBytes: 1 << 20, committedBytes: 0 },
  ...{ busyNs: power === 'on' ? NS_PER_S / 2 : 0, lagNs: 0, vms: [] },
});

test('a run that ends between two reports shows hosts as they were last, and not as dark', () => {
  const timeline = new Timeline(20 * NS_PER_S);
  timeline.begin(NS_PER_S / 2);
  for (let second = 1; second <= 20; second++) {
    timeline.report(report('lit', 'on', second));
    timeline.report(report('left', second <= 10 ? 'on' : 'standby', second));
  }
  expect(timeline.strip('lit', 1)).toEqual(Array.from({ length: SLOT_COUNT }, () => 0.5));
  const left = timeline.strip('left', 1);
  expect(left[0]).toBe(0.5);
  expect(left.slice(SLOT_COUNT / 2)).toEqual(Array.from({ length: SLOT_COUNT / 2 }, () => null));
  expect(timeline.strip('never seen', 1).every((value) => value === null)).toBe(true);
});

import { expect, test } from 'vitest';
import type { HostPower, HostTelemetry } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import { EnergyMeter, joulesToKilowattHours } from './energy-meter.ts';

// 100 W idle, 200 W full, straight between; 10 W in standby.
const model = {
  watts: [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200],
  standbyWatts: 10,
  wakeDelayNs: 5 * NS_PER_S,
};

function report(timeS: number, intervalS: number, power: HostPower, busyS: number): HostTelemetry {
  return {
    host: 'h1',
    incarnation: 'i',
    sequence: 1,
    timeNs: timeS * NS_PER_S,
    intervalNs: intervalS * NS_PER_S,
    power,
    cpus: 2,
    instructionsPerSecond: 1_000_000,
    memoryBytes: 1 << 26,
    committedBytes: 0,
    busyNs: busyS * NS_PER_S,
    lagNs: 0,
    vms: [],
  };
}

function meterOn(): EnergyMeter {
  const meter = new EnergyMeter();
  meter.addHost('h1', model, 'on', 0);
  return meter;
}

test('busy time over all CPUs gives the utilisation that the table turns into watts', () => {
  const meter = meterOn();
  meter.report(report(10, 10, 'on', 10)); // 10 of 20 CPU seconds: 150 W
  expect(meter.joules('h1')).toBeCloseTo(1500, 9);
  expect(meter.totalJoules()).toBeCloseTo(1500, 9);
  expect(joulesToKilowattHours(3.6e6)).toBe(1);
});

test('a power change inside an interval splits it, and busy time counts for the part that was on', () => {
  const meter = meterOn();
  meter.change('h1', 'standby', 4 * NS_PER_S);
  meter.report(report(10, 10, 'standby', 8)); // 4 s on, fully busy: 800 J; 6 s in standby: 60 J
  expect(meter.joules('h1')).toBeCloseTo(860, 9);
  expect(meter.spentNs('h1', 'standby')).toBe(6 * NS_PER_S);
});

test('waking draws the watts of full load', () => {
  const meter = new EnergyMeter();
  meter.addHost('h1', model, 'standby', 0);
  meter.change('h1', 'waking', 2 * NS_PER_S);
  meter.change('h1', 'on', 7 * NS_PER_S);
  meter.report(report(10, 10, 'on', 0)); // 2 s × 10 W, 5 s × 200 W, 3 s × 100 W
  expect(meter.joules('h1')).toBeCloseTo(20 + 1000 + 300, 9);
});

test('a change whose event was lost is dated to the beginning of the interval that shows it', () => {
  const meter = meterOn();
  meter.report(report(10, 10, 'on', 0));
  meter.report(report(30, 10, 'standby', 0)); // the report of 20 s was lost too: 10 s on, 10 s in standby
  expect(meter.joules('h1')).toBeCloseTo(1000 + 1000 + 100, 9);
});

test('an event that overtakes an older report does not change what that report settles', () => {
  const meter = meterOn();
  meter.change('h1', 'standby', 12 * NS_PER_S);
  meter.report(report(10, 10, 'on', 0));
  expect(meter.joules('h1')).toBeCloseTo(1000, 9);
  meter.report(report(20, 10, 'standby', 0));
  expect(meter.joules('h1')).toBeCloseTo(1000 + 200 + 80, 9);
});

test('reading ahead neither settles nor double counts', () => {
  const meter = meterOn();
  meter.report(report(10, 10, 'on', 20));
  expect(meter.joules('h1', 15 * NS_PER_S)).toBeCloseTo(2000 + 1000, 9);
  expect(meter.spentNs('h1', 'on', 15 * NS_PER_S)).toBe(15 * NS_PER_S);
  meter.report(report(20, 10, 'on', 0));
  expect(meter.joules('h1')).toBeCloseTo(2000 + 1000, 9);
});

test('late and repeated reports and events count once', () => {
  const meter = meterOn();
  meter.report(report(10, 10, 'on', 0));
  meter.report(report(10, 10, 'on', 20));
  meter.change('h1', 'on', 3 * NS_PER_S);
  expect(meter.joules('h1', 10 * NS_PER_S)).toBeCloseTo(1000, 9);
});

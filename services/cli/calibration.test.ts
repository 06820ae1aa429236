import { describe, expect, test } from 'vitest';
import { WallClock } from '../../shared/runtime/live/mod.ts';
import { loadScenario, standardTables } from '../../shared/scenario/mod.ts';
import { capacityOf, measureCore, paceOf } from './calibration.ts';
import { readGuest } from './places.ts';

const text = `
name: pace
duration: 1m
speed: 4
hosts:
  - { name: 'host-{n}', count: 5, cpus: 2, speed: 2MIPS, memory: 64MiB }
`;
// 20 MIPS declared, 80 wanted at speed 4.
const scenario = loadScenario(text, 'pace.yaml', standardTables());

describe('the pace of a live run', () => {
  test("is the scenario's where the machine allows it", () => {
    expect(paceOf(scenario, capacityOf(80e6, 2))).toEqual({ speed: 4, slowed: undefined });
  });

  test('is slowed to half of the machine, and says so', () => {
    const pace = paceOf(scenario, capacityOf(30e6, 2));
    expect(pace.speed).toBe(1.5);
    expect(pace.slowed).toContain('80 MIPS at speed 4, half of this machine is 30 MIPS');
  });

  test('is never nothing', () => {
    expect(paceOf(scenario, 1).speed).toBeGreaterThan(0);
  });

  test('a core is measured by a guest that computes', () => {
    const checkout = new URL('../..', import.meta.url).pathname;
    expect(measureCore(readGuest(checkout, 'burn'), new WallClock())).toBeGreaterThan(1e6);
  });
});

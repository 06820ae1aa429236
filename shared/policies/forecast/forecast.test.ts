import { describe, expect, test } from 'vitest';
import { ClusterState, HostState, VmPhase } from '../../cluster/mod.ts';
import type { ForecastArguments } from './arguments.ts';
import { ForecastMemory, forecast } from './forecast.ts';

const parameters: ForecastArguments = {
  forecast: 'maximum',
  forecastIntervals: 3,
  forecastAlpha: 0.5,
  countSteal: 'always',
  newVmCpus: 0.25,
};

function setUp(changes: Partial<ForecastArguments> = {}) {
  const state = new ClusterState();
  state.addHost('h1', { cpus: 1, instructionsPerSecond: 1000, memoryBytes: 1 << 28 }, HostState.on);
  const vm = state.addVm('v1', 1 << 24);
  state.place(vm, 0);
  state.setVmPhase(vm, VmPhase.running);
  let memory = new ForecastMemory();
  let timeNs = 0;
  const expected = (): number => {
    const result = forecast(state, memory, { ...parameters, ...changes });
    memory = result.memory;
    return result.load.vmDemand[vm]!;
  };
  const measured = (run: number, steal = 0): number => {
    timeNs += 1;
    state.setLoad(vm, run, steal, timeNs);
    return expected();
  };
  return { state, vm, expected, measured };
}

describe('forecast', () => {
  test('expects the most of the last intervals', () => {
    const { measured } = setUp();
    expect([100, 300, 200, 100, 50, 40].map((run) => measured(run))).toEqual([100, 300, 300, 300, 200, 100]);
  });

  test('expects the moving average, in whole instructions', () => {
    const { measured } = setUp({ forecast: 'ewma' });
    expect([100, 201, 0].map((run) => measured(run))).toEqual([100, 151, 75]);
  });

  test('expects a share of a CPU before the first measurement, and nothing of a VM that stopped', () => {
    const { state, vm, expected, measured } = setUp();
    expect(expected()).toBe(250);
    expect(measured(10)).toBe(10);
    state.setVmPhase(vm, VmPhase.stopped);
    expect(expected()).toBe(0);
  });

  test('an interval without news neither adds a sample nor forgets one', () => {
    const { expected, measured } = setUp();
    measured(300);
    for (let interval = 0; interval < 5; interval++) expect(expected()).toBe(300);
    expect(measured(1)).toBe(300);
  });

  test('steal counts always, or only where the host had no idle time', () => {
    const always = setUp();
    expect(always.measured(100, 200)).toBe(300);
    const saturated = setUp({ countSteal: 'when-saturated' });
    expect(saturated.measured(100, 200)).toBe(100);
    saturated.state.hosts.utilisation[0] = 1;
    expect(saturated.measured(100, 200)).toBe(300);
  });

  test('a VM that takes over an index has no past', () => {
    const { state, vm, expected, measured } = setUp();
    measured(900);
    state.removeVm(vm);
    expect(state.addVm('v2', 1 << 24)).toBe(vm);
    expect(expected()).toBe(250);
    expect(measured(5)).toBe(5);
  });
});

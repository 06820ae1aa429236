import { describe, expect, test } from 'vitest';
import { ClusterState, HostState } from '../../cluster/mod.ts';
import { preparePolicy } from '../table.ts';
import { hostsNamed, TestCluster, type TestVm } from '../testing/test-cluster.ts';
import { HotHistory } from './hot-history.ts';

function relieving(hostCount: number, vms: readonly TestVm[], parameters: Readonly<Record<string, unknown>> = {}) {
  return new TestCluster(hostsNamed(hostCount), vms, preparePolicy('hot-spot', { forecast: 'last', ...parameters }));
}
const spread = (names: readonly string[], cpus: number, on: string): TestVm[] =>
  names.map((name) => ({ name, cpus, on }));

describe('relief of hot spots', () => {
  test('moves the most volume per byte first, to the coolest host, and no more than it takes', () => {
    const cluster = relieving(3, [
      { name: 'v1', cpus: 0.4, memoryMiB: 64, on: 'h1' },
      { name: 'v2', cpus: 0.3, memoryMiB: 16, on: 'h1' },
      { name: 'v3', cpus: 0.25, memoryMiB: 16, on: 'h1' },
      { name: 'v4', cpus: 0.2, on: 'h2' },
      { name: 'v5', cpus: 0.1, on: 'h3' },
    ]);
    cluster.run(20);
    expect(cluster.log).toEqual([
      'migrate v2 from h1 to h3: VMs ask for 95 % of host h1 (> 85 %), and did in 3 of 5 intervals; h3 takes this one at 40 %',
    ]);
  });

  test('a spike moves nothing, k of n intervals do, even with a pause between them', () => {
    const cluster = relieving(2, spread(['v1', 'v2'], 0.3, 'h1'), { hotIntervals: 3, hotWindow: 4 });
    const at = (cpus: number) => {
      cluster.want('v1', cpus);
      return cluster.interval().length;
    };
    expect([0.3, 0.6, 0.6, 0.3, 0.3, 0.6].map(at)).toEqual([0, 0, 0, 0, 0, 0]);
    expect([0.6, 0.3, 0.6].map(at)).toEqual([0, 0, 1]);
  });

  test('idle VMs stay, however small they are', () => {
    const cluster = relieving(2, [
      { name: 'idle', cpus: 0, memoryMiB: 1, on: 'h1' },
      { name: 'v1', cpus: 0.5, memoryMiB: 64, on: 'h1' },
      { name: 'v2', cpus: 0.4, memoryMiB: 32, on: 'h1' },
    ]);
    cluster.run(10);
    expect(cluster.layout()).toEqual({ h1: ['idle', 'v1'], h2: ['v2'] });
  });

  test('a host above the target will do if it does not become hot, one that would is left alone', () => {
    const cluster = relieving(2, [...spread(['v1', 'v2', 'v3'], 0.3, 'h1'), ...spread(['v4'], 0.5, 'h2')]);
    cluster.run(10);
    expect(cluster.log).toHaveLength(1);
    expect(cluster.log[0]).toMatch(/h2 takes this one at 80 %, above the target because no host has more room$/);
    const full = relieving(2, [...spread(['v1', 'v2', 'v3'], 0.3, 'h1'), ...spread(['v4'], 0.6, 'h2')]);
    full.run(10);
    expect(full.log).toEqual([]);
  });

  test('where more is asked for than there is, one VM goes at a time, and the host has to prove hot anew', () => {
    const cluster = relieving(4, spread(['v1', 'v2', 'v3', 'v4'], 0.5, 'h1'));
    const perInterval = Array.from({ length: 9 }, () => cluster.interval().length);
    expect(perInterval).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1]);
    expect(cluster.run(20)).toEqual([]);
    expect(Object.values(cluster.layout()).map((there) => there.length)).toEqual([1, 1, 1, 1]);
  });

  test('a VM that no host can serve goes where it is clearly better off, and stays there', () => {
    const vms = [...spread(['v1', 'v2', 'v3'], 0.9, 'h1'), ...spread(['v4'], 0.3, 'h2')];
    const cluster = relieving(2, vms);
    cluster.run(30);
    expect(cluster.log).toHaveLength(1);
    expect(cluster.layout()).toEqual({ h1: ['v2', 'v3'], h2: ['v1', 'v4'] });
  });

  test('the hottest host is relieved first when not all can be at once', () => {
    const vms = [...spread(['v1', 'v2', 'v3'], 0.3, 'h1'), ...spread(['v4', 'v5', 'v6'], 0.33, 'h2')];
    const cluster = relieving(3, vms, { migrationsMax: 1 });
    cluster.run(3);
    expect(cluster.log.map((line) => line.slice(0, 'migrate v4 from h2'.length))).toEqual(['migrate v4 from h2']);
  });
});

test('the history of a host ends with it', () => {
  const state = new ClusterState();
  const shape = { cpus: 1, instructionsPerSecond: 1, memoryBytes: 1 };
  const host = state.addHost('h1', shape, HostState.on);
  const history = new HotHistory();
  expect([true, true, false, true].map((holds) => history.note(state, host, holds, 3))).toEqual([1, 2, 2, 2]);
  for (let interval = 0; interval < 40; interval++) history.note(state, host, true, 32);
  expect(history.note(state, host, true, 32)).toBe(32);
  state.removeHost(host);
  expect(state.addHost('h2', shape, HostState.on)).toBe(host);
  expect(history.note(state, host, true, 32)).toBe(1);
});

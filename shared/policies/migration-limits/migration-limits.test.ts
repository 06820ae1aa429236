import { expect, test } from 'vitest';
import type { Action } from '../action.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';
import { admit } from './migration-limits.ts';

const vms = Array.from({ length: 6 }, (_, index) => ({ name: `v${index + 1}`, cpus: 0.1, on: 'h1' }));

function move(vm: number, from: number, to: number): Extract<Action, { kind: 'migrate' }> {
  return { kind: 'migrate', vm, from, to, reason: { kind: 'host-wakes', vm, host: to } };
}

test('counts what is under way, per host in each direction and in all', () => {
  const { state } = TestCluster.consolidating(hostsNamed(4), vms);
  const moves = [move(1, 0, 1), move(2, 0, 2), move(3, 0, 3), move(4, 2, 1), move(5, 3, 1)];
  const admitted = (migrationsMax: number, migrationsPerHostMax: number) =>
    admit(state, moves, { migrationsMax, migrationsPerHostMax }).map(({ vm }) => vm);
  expect(admitted(10, 10)).toEqual([1, 2, 3, 4, 5]);
  expect(admitted(2, 10)).toEqual([1, 2]);
  expect(admitted(10, 2)).toEqual([1, 2, 4]);
  expect(admitted(10, 1)).toEqual([1]);
  state.beginMigration(0, 1);
  expect(admitted(10, 2)).toEqual([1]);
  expect(admitted(2, 10)).toEqual([1]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClusterState, HostState, NONE } from '../cluster/mod.ts';
import { SortedRooms } from './sorted-rooms.ts';

const room = fc.record({ cpu: fc.integer({ min: -2, max: 6 }), memory: fc.integer({ min: -2, max: 6 }) });
const host = fc.record({ room, state: fc.constantFrom(HostState.on, HostState.waking, HostState.standby) });
const tiers = [HostState.on, HostState.waking, HostState.standby] as const;

test('finds the same host as a look at all of them, whatever is changed and refused', () => {
  fc.assert(
    fc.property(
      fc.array(host, { minLength: 1, maxLength: 20 }),
      fc.array(fc.record({ ask: room, refused: fc.array(fc.nat(20)), change: fc.nat(20), to: room }), {
        maxLength: 20,
      }),
      fc.constantFrom('cpu' as const, 'memory' as const),
      fc.constantFrom('tightest' as const, 'roomiest' as const),
      (hosts, steps, by, wants) => {
        const state = new ClusterState();
        // Names run against the indices.
        hosts.forEach((each, index) => {
          state.addHost(`h${99 - index}`, { cpus: 1, instructionsPerSecond: 1, memoryBytes: 1 }, each.state);
        });
        const left = hosts.map((each) => each.room);
        const rooms = new SortedRooms(state, [...hosts.keys()], by, wants);
        left.forEach(({ cpu, memory }, index) => {
          rooms.set(index, cpu, memory);
        });
        const best = (fitting: readonly number[]) =>
          fitting.toSorted(
            (a, b) =>
              tiers.indexOf(hosts[a]!.state) - tiers.indexOf(hosts[b]!.state) ||
              (left[a]![by] - left[b]![by]) * (wants === 'tightest' ? 1 : -1) ||
              b - a,
          )[0] ?? NONE;
        for (const { ask, refused, change, to } of steps) {
          const fitting = [...hosts.keys()].filter(
            (index) => left[index]!.cpu >= ask.cpu && left[index]!.memory >= ask.memory && !refused.includes(index),
          );
          expect(rooms.find(ask.cpu, ask.memory, (index) => !refused.includes(index))).toBe(best(fitting));
          if (change >= left.length) continue;
          left[change] = to;
          rooms.set(change, to.cpu, to.memory);
        }
      },
    ),
  );
});

test('a host that it does not hold is never found', () => {
  const state = new ClusterState();
  for (const name of ['h1', 'h2']) {
    state.addHost(name, { cpus: 1, instructionsPerSecond: 1, memoryBytes: 1 }, HostState.on);
  }
  const rooms = new SortedRooms(state, [1], 'cpu', 'tightest');
  rooms.set(0, 5, 5);
  expect(rooms.find(1, 1, () => true)).toBe(NONE);
});

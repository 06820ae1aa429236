import { expect, test } from 'vitest';
import { placesOf } from '../testing/room-for-one.ts';

test('by forecast: the busiest host of those with room, in the order that was at first', () => {
  const two = ['v1', 'v2'].map((name) => ({ name, cpus: 0.15, memoryMiB: 16 }));
  expect(placesOf(two, { newVmCpus: 0.15 })).toEqual(['v1 on h3', 'v2 on h3']);
});

test('by reservation: the host with the most reserved memory of those with room', () => {
  const two = [
    { name: 'v1', cpus: 0.1, memoryMiB: 64 },
    { name: 'v2', cpus: 0.1, memoryMiB: 64 },
  ];
  expect(placesOf(two, { placementBy: 'reservation', newVmCpus: 0.1 })).toEqual(['v1 on h2', 'v2 on h3']);
});

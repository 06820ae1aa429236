import { expect, test } from 'vitest';
import { placesOf } from '../testing/room-for-one.ts';

const one = [{ name: 'v1', cpus: 0.2, memoryMiB: 64 }];

test('by forecast: the host that has the least CPU left of those with room', () => {
  expect(placesOf(one, { placement: 'best-fit', newVmCpus: 0.2 })).toEqual(['v1 on h3']);
  expect(placesOf(one, { placement: 'best-fit', newVmCpus: 0.1 })).toEqual(['v1 on h1']);
});

test('by reservation: the host that has the least memory left of those with room', () => {
  const parameters = { placement: 'best-fit', placementBy: 'reservation', newVmCpus: 0.2 };
  expect(placesOf(one, parameters)).toEqual(['v1 on h2']);
  const large = [{ name: 'v1', cpus: 0.2, memoryMiB: 100 }];
  expect(placesOf(large, parameters)).toEqual(['v1 on h3']);
});

test('each VM is placed with what the ones before it have taken', () => {
  const two = [
    { name: 'v1', cpus: 0.3, memoryMiB: 16 },
    { name: 'v2', cpus: 0.3, memoryMiB: 16 },
  ];
  // h3 has 30 % left of the target at first, and nothing after v1.
  expect(placesOf(two, { placement: 'best-fit', newVmCpus: 0.3 })).toEqual(['v1 on h3', 'v2 on h2']);
});

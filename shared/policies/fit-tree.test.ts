import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NONE } from '../cluster/mod.ts';
import { FitTree } from './fit-tree.ts';

const room = fc.record({ cpu: fc.integer({ min: -2, max: 10 }), memory: fc.integer({ min: -2, max: 10 }) });

test('finds the same host as a search from the front, whatever is changed and refused', () => {
  fc.assert(
    fc.property(
      fc.array(room, { minLength: 1, maxLength: 33 }),
      fc.array(fc.record({ ask: room, refused: fc.array(fc.nat(32)), change: fc.nat(32), to: room }), {
        maxLength: 20,
      }),
      (hosts, steps) => {
        // Hosts stand in the order in reverse, so that place and index differ.
        const order = Int32Array.from(hosts.map((_, index) => hosts.length - 1 - index));
        const left = [...hosts];
        const tree = new FitTree(order, hosts.length + 1);
        left.forEach(({ cpu, memory }, host) => {
          tree.set(host, cpu, memory);
        });
        for (const { ask, refused, change, to } of steps) {
          const accepts = (host: number) => !refused.includes(host);
          const fits = (host: number) => left[host]!.cpu >= ask.cpu && left[host]!.memory >= ask.memory;
          const expected = [...order].find((host) => fits(host) && accepts(host)) ?? NONE;
          expect(tree.find(ask.cpu, ask.memory, accepts)).toBe(expected);
          if (change < left.length) {
            left[change] = to;
            tree.set(change, to.cpu, to.memory);
          }
        }
      },
    ),
  );
});

test('a host outside the order is never found', () => {
  const tree = new FitTree(Int32Array.of(1), 3);
  tree.set(0, 5, 5);
  expect(tree.find(1, 1, () => true)).toBe(NONE);
});

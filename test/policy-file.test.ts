// A policy of a user's own in a replay by the real services: named in the scenario and on the command line; and what is said when it
// is wrong.

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliBench } from '../services/cli/testing/cli-bench.ts';
import type { ScenarioResult } from '../shared/scenario/mod.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../docs/examples/fewest-vms.ts', import.meta.url));

const scenario = (policy: string) => `
name: three-on-one
duration: 12s
hosts:
  - { name: 'host-{n}', count: 3, speed: 2MIPS, memory: 64MiB }
vms:
  - { name: 'vm-{n}', count: 3, image: idle, memory: 4MiB, host: host-1 }
policy: ${policy}
expectations:
  - vmsLost: 0
  - migrations: { completed: 2, failed: 0 }
`;

let bench: CliBench;
beforeEach(() => {
  bench = new CliBench(CHECKOUT);
});
afterEach(() => bench.remove());

const replay = async (...args: readonly string[]) => {
  const { exitCode, out } = await bench.run('replay', 'small.yaml', '--json', '--threads', '1', ...args);
  return { exitCode, result: JSON.parse(out) as ScenarioResult & { readonly error?: { readonly message: string } } };
};

describe('the example policy', () => {
  test('runs when a scenario names its file, with arguments', async () => {
    bench.write('small.yaml', scenario(`{ file: ${EXAMPLE}, interval: 1s, arguments: { pauseIntervals: 0 } }`));
    const { exitCode, result } = await replay();
    expect(result.expectations.filter((each) => !each.met)).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test('takes the place of the scenario’s own on the command line', async () => {
    bench.write('small.yaml', scenario('{ name: none, interval: 1s }'));
    expect((await replay()).exitCode).toBe(1);
    expect((await replay('--policy', EXAMPLE)).exitCode).toBe(0);
  });
});

describe('what is wrong ends with exit code 2 and says what is expected', () => {
  const mine = (decision: string) =>
    `export const mine = { name: 'mine', summary: 'Mine.', schema: { type: 'object', properties: {} }, begin: () => 0,
       decide: () => (${decision}) };`;

  test.each([
    [
      'in the scenario’s arguments',
      `{ file: ${EXAMPLE}, arguments: { differenceMax: 0 } }`,
      'a whole number of at least 1',
    ],
    ['in the scenario’s policy', `{ file: ${EXAMPLE}, name: none }`, 'either `name` or `file`'],
    ['in the path', '{ file: absent.mjs }', 'absent.mjs cannot be loaded'],
  ])('%s', async (_, policy, message) => {
    bench.write('small.yaml', scenario(policy));
    const { exitCode, result } = await replay();
    expect(result.error?.message).toContain(message);
    expect(exitCode).toBe(2);
  });

  test.each([
    ['in the export', 'export const one = 1;', 'export "one" is 1, but an object is expected'],
    [
      'in a decision',
      mine("{ actions: [{ kind: 'wake', host: 7 }], memory: 0 }"),
      'actions[0].host is 7, but the index',
    ],
  ])('%s', async (_, text, message) => {
    bench.write('small.yaml', scenario('{ name: none }'));
    bench.write('mine.mjs', text);
    const { exitCode, result } = await replay('--policy', 'mine.mjs');
    expect(result.error?.message).toContain(`mine.mjs: `);
    expect(result.error?.message).toContain(message);
    expect(exitCode).toBe(2);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../runtime/mod.ts';
import type { Policy } from '../policy.ts';
import { hostsNamed, TestCluster } from '../testing/test-cluster.ts';
import { loadPolicyFile, policyFromModule } from './policy-file.ts';

const good = {
  name: 'mine',
  summary: 'Does nothing.',
  schema: { type: 'object', properties: { limit: { type: 'integer', minimum: 1, default: 2 } } },
  begin: () => 0,
  decide: (_: unknown, memory: number) => ({ actions: [], memory: memory + 1 }),
};
const refusal = (change: object) => () => policyFromModule('/my.ts', { mine: { ...good, ...change } });

function deciding(actions: unknown): () => void {
  const policy: Policy = policyFromModule('/my.ts', {
    mine: { ...good, decide: () => ({ actions, memory: 0 }) },
  }).prepare({});
  const vms = [
    { name: 'v1', cpus: 0.1, on: 'h1' },
    { name: 'v2', cpus: 0.1 },
  ];
  const { state } = new TestCluster(hostsNamed(2), vms, policy);
  return () => policy.decide(state, policy.begin(), new SeededRandom(1));
}
const said = { kind: 'said', text: 'because' };

describe('a policy from a file', () => {
  test('is used like one of the table: arguments are checked, memory is its own', () => {
    const entry = policyFromModule('/my.ts', { mine: good });
    const policy = entry.prepare({ limit: 3 });
    expect(policy.parameters).toEqual({ limit: 3 });
    const cluster = new TestCluster(hostsNamed(1), [], policy);
    expect(policy.decide(cluster.state, 4, new SeededRandom(1)).memory).toBe(5);
    expect(() => entry.prepare({ limit: 0 })).toThrow('policy mine: argument "limit" is 0, but must be >= 1');
  });

  test.each<[string, object]>([
    ['export is nothing, but exactly one object is expected: the policy', {}],
    ['export is one, two, but exactly one object is expected', { one: good, two: good }],
    ['export "mine" is a function, but an object is expected', { mine: () => good }],
  ])('%s', (message, exported) => {
    expect(() => policyFromModule('/my.ts', exported as Record<string, unknown>)).toThrow(
      `policy file /my.ts: ${message}`,
    );
  });

  test('every field that is wrong is named with what is expected', () => {
    expect(refusal({ name: 'My policy' })).toThrow(
      'name is "My policy", but small letters, digits and dashes are expected',
    );
    expect(refusal({ name: 'balance' })).toThrow('name is "balance", which is a built-in policy; choose another');
    expect(refusal({ summary: undefined })).toThrow('summary is missing, but a sentence is expected');
    expect(refusal({ schema: undefined })).toThrow('schema is not one of arguments by name');
    expect(refusal({ decide: 1 })).toThrow('decide is 1, but a function is expected');
    expect(refusal({ check: 1 })).toThrow('check is 1, but a function is expected, or nothing');
    const argument = (property: object) => refusal({ schema: { type: 'object', properties: { a: property } } });
    expect(argument({ type: 'number' })).toThrow('schema.properties.a has no default, but every argument needs one');
    expect(argument({ type: 'null', default: 0 })).toThrow(
      'schema.properties.a has the type "null", but one of number',
    );
    expect(argument({ type: 'number', minimum: 2, default: 1 })).toThrow('schema does not hold with its own defaults');
    expect(argument({ type: 'number', minmum: 2, default: 1 })).toThrow('unknown keyword: "minmum"');
  });

  test('every action that cannot be meant is named with what is expected', () => {
    const migrate = { kind: 'migrate', vm: 0, from: 0, to: 1, reason: said };
    expect(deciding([migrate, { kind: 'place', vm: 1, to: 1, reason: said }])).not.toThrow();
    expect(deciding(undefined)).toThrow('decide did not answer { actions, memory } with a list of actions');
    expect(deciding([{ kind: 'move' }])).toThrow('decide: actions[0].kind is "move", but one of place, migrate');
    expect(deciding([{ ...migrate, to: 2 }])).toThrow('actions[0].to is 2, but the index of another host that is on');
    expect(deciding([{ ...migrate, from: 1 }])).toThrow('actions[0].from is 1, but VM 0 is on host 0');
    expect(deciding([{ ...migrate, vm: 1 }])).toThrow(
      'actions[0].vm is 1, but the index of a VM that may be moved now',
    );
    expect(deciding([migrate, migrate])).toThrow('actions[1].vm is 0, which another action is about already');
    expect(deciding([{ kind: 'wake', host: 0, reason: said }])).toThrow(
      'actions[0].host is 0, but the index of a host in',
    );
    expect(deciding([{ kind: 'standby', host: 0, reason: said }])).toThrow('only an empty host may sleep');
    expect(deciding([{ ...migrate, reason: 'so' }])).toThrow('actions[0].reason is none that can be told');
  });
});

describe('loading', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lightsout-policy-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('the example of the documentation is a policy', async () => {
    const path = new URL('../../../docs/examples/fewest-vms.ts', import.meta.url).pathname;
    expect((await loadPolicyFile(path)).prepare({}).parameters).toEqual({ differenceMax: 1, pauseIntervals: 2 });
  });

  test('a file that is not there, or that does not load, is named with the reason', async () => {
    await expect(loadPolicyFile(join(folder, 'absent.mjs'))).rejects.toMatchObject({
      code: 'POLICY_FILE_UNREADABLE',
      exitCode: 2,
    });
    const path = join(folder, 'throws.mjs');
    writeFileSync(path, "throw new Error('no such luck');");
    await expect(loadPolicyFile(path)).rejects.toThrow(`policy file ${path} cannot be loaded: no such luck`);
  });
});

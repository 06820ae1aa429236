import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadScenario } from './load-scenario.ts';
import { ScenarioError } from './problem.ts';
import { standardTables } from './standard-tables.ts';

const tables = standardTables(['burn', 'dirty', 'batch', 'idle']);
const scenariosUrl = new URL('../../scenarios/', import.meta.url);
const minimal = "name: x\nduration: 1m\nhosts:\n  - { name: 'h-{n}', count: 2, speed: 2MIPS, memory: 1GiB }\n";

function complaint(text: string): string {
  try {
    loadScenario(text, 'file.yaml', tables);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'the file is good';
}

describe('scenario files', () => {
  const files = readdirSync(scenariosUrl).filter((file) => file.endsWith('.yaml'));

  test.each(files)('%s loads, names itself after its file and survives JSON', (file) => {
    const scenario = loadScenario(readFileSync(new URL(file, scenariosUrl), 'utf8'), file, tables);
    expect(`${scenario.name}.yaml`).toBe(file);
    expect(scenario.expectations.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
  });

  test('groups are written out, quantities are in base units, what is left out has its default', () => {
    const scenario = loadScenario(
      `${minimal}vms:\n  - { name: 'v{nn}', count: 2, image: burn, memory: 16MiB, arguments: 'name=v{n}', host: 'h-{n}' }\n`,
      'file.yaml',
      tables,
    );
    expect(scenario.hosts.map((host) => host.host)).toEqual(['h-1', 'h-2']);
    expect(scenario.hosts[0]).toMatchObject({ cpus: 1, instructionsPerSecond: 2e6, memoryBytes: 2 ** 30 });
    expect(scenario.vms).toEqual([
      { vm: 'v01', image: 'burn', memoryBytes: 2 ** 24, diskBytes: 0, bootArguments: 'name=v1', pinnedTo: 'h-1' },
      { vm: 'v02', image: 'burn', memoryBytes: 2 ** 24, diskBytes: 0, bootArguments: 'name=v2', pinnedTo: 'h-2' },
    ]);
    expect(scenario).toMatchObject({ seed: 1, speed: 1, durationNs: 60e9 });
    expect(scenario.link).toEqual({ latencyNs: 100_000, bitsPerSecond: 1e9 });
  });

  test('an event that repeats is written out up to the end, and goes through its targets', () => {
    const scenario = loadScenario(
      `${minimal}vms: [{ name: a, image: burn, memory: 16MiB }]\nevents:\n  - { do: migrate, vm: a, to: [h-1, h-2], at: 10s, every: 20s }\n`,
      'file.yaml',
      tables,
    );
    expect(scenario.deeds).toEqual(
      [10, 30, 50].map((second, turn) => ({
        atNs: second * 1e9,
        deed: { kind: 'migrate', vm: 'a', to: turn === 1 ? 'h-2' : 'h-1' },
      })),
    );
  });

  test.each([
    ['not YAML', 'name: [x\nduration: 1m\n'],
    ['a key twice', 'name: x\nname: y\n'],
    ['empty', ''],
    ['not a mapping', '- a\n- b\n'],
    ['many slips at once', readFileSync(new URL('testdata/many-slips.yaml', import.meta.url), 'utf8')],
    ['names that are not there', readFileSync(new URL('testdata/unknown-names.yaml', import.meta.url), 'utf8')],
    ['times that cannot be', readFileSync(new URL('testdata/impossible-times.yaml', import.meta.url), 'utf8')],
    ['policy arguments', readFileSync(new URL('testdata/policy-arguments.yaml', import.meta.url), 'utf8')],
    ['policy contradiction', readFileSync(new URL('testdata/policy-contradiction.yaml', import.meta.url), 'utf8')],
    ['expectations', readFileSync(new URL('testdata/expectations.yaml', import.meta.url), 'utf8')],
  ])('what is wrong is told with its place: %s', async (title, text) => {
    await expect(`${complaint(text)}\n`).toMatchFileSnapshot(`testdata/golden/${title.replaceAll(' ', '-')}.txt`);
  });

  test('the examples of docs/scenarios.md are right', () => {
    const text = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');
    const [first, load] = [...text.matchAll(/```yaml\n((?:name|load):[\s\S]*?)```/g)].map((match) => match[1]!);
    expect(complaint(first!)).toBe('the file is good');
    expect(text).toContain(complaint(first!.replace('8MIPS', '8Mips')).replace('file.yaml', 'first.yaml'));
    const vms = ['web-1', 'db', 'shop'].map((name) => `  - { name: ${name}, image: burn, memory: 16MiB }\n`).join('');
    const around = minimal.replace('duration: 1m', 'duration: 10m');
    expect(complaint(`${around}vms:\n${vms}${load}`)).toBe('the file is good');
  });

  test('aliases that build a monster end in an error', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = level === 0 ? 'x' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array(10).fill(items).join(', ')}]`;
    });
    expect(complaint(levels.join('\n'))).toMatch(/more than \d+ values/);
  });
});

// From the text of a scenario file to a scenario, or to all that is wrong with it. First the whole file is held against the schema;
// then what is sound is read further and names, times and sums are checked, so that one run tells everything.

import type { ClusterConfiguration } from '../protocol/mod.ts';
import { type ScenarioFile, scenarioFileSchema } from './file-schema.ts';
import { loadDeeds } from './load-deeds.ts';
import { loadExpectations } from './load-expectations.ts';
import { loadHosts, loadLinks } from './load-hosts.ts';
import { loadLoad } from './load-load.ts';
import { loadVms } from './load-vms.ts';
import { ScenarioError } from './problem.ts';
import { Reading, read } from './reading.ts';
import type { Scenario } from './scenario.ts';
import { checkSchema, type Schema } from './schema-check.ts';
import type { PolicyTableEntry, ScenarioTables } from './tables.ts';
import { partAt, readYaml } from './yaml-source.ts';

type PolicyInFile = NonNullable<ScenarioFile['policy']>;

/** The file with a policy that a scenario names, if it does: to be loaded before the scenario. */
export function policyFileNamed(text: string): string | undefined {
  const { value } = readYaml(text);
  const file = (value as { readonly policy?: { readonly file?: unknown } | null } | null)?.policy?.file;
  return typeof file === 'string' && file !== '' ? file : undefined;
}

/** Throws ScenarioError with all problems. `file` is for messages. */
export function loadScenario(text: string, file: string, tables: ScenarioTables): Scenario {
  const source = readYaml(text);
  if (source.problems.length > 0) throw new ScenarioError(file, text, source.problems);
  const reading = new Reading(source.root, tables, checkSchema(scenarioFileSchema as Schema, source.root));
  // Only parts that `reading` calls sound are used as what the schema says they are.
  const raw = (source.root.kind === 'map' ? source.value : {}) as ScenarioFile;
  const scenario = resolve(reading, raw, (path) => partAt(source.root, path));
  if (reading.problems.length > 0) throw new ScenarioError(file, text, reading.problems);
  return scenario;
}

function resolve(
  reading: Reading,
  raw: ScenarioFile,
  partOf: (path: readonly string[]) => ReturnType<typeof partAt>,
): Scenario {
  const list = <T>(section: string, items: readonly T[] | undefined): readonly T[] =>
    items !== undefined && partOf([section]).kind === 'list' ? items : [];
  const hosts = loadHosts(reading, list('hosts', raw.hosts));
  const { link, links } = loadLinks(reading, raw.links, hosts);
  const vms = loadVms(reading, list('vms', raw.vms), hosts);
  const names = { hosts: hosts.map((host) => host.host), vms: vms.map((vm) => vm.vm) };
  const durationNs =
    raw.duration !== undefined && reading.isSound(['duration']) ? read('duration', raw.duration) : undefined;
  const vmsKnown = reading.isSound(['vms']);
  return {
    name: raw.name,
    description: raw.description?.trim() ?? '',
    durationNs: durationNs ?? 0,
    seed: raw.seed ?? 1,
    speed: raw.speed ?? 1,
    hosts,
    link,
    links,
    vms,
    load: vmsKnown ? loadLoad(reading, list('load', raw.load), names.vms) : [],
    deeds: loadDeeds(reading, list('events', raw.events), names, durationNs),
    configuration: loadConfiguration(reading, raw),
    expectations: vmsKnown
      ? loadExpectations(reading, list('expectations', raw.expectations), names.vms, durationNs)
      : [],
  };
}

function loadConfiguration(reading: Reading, raw: ScenarioFile): ClusterConfiguration {
  const migration = reading.isSound(['migration']) ? (raw.migration ?? {}) : {};
  const telemetry = reading.isSound(['telemetryInterval']) ? raw.telemetryInterval : undefined;
  const interval = reading.isSound(['policy']) ? raw.policy?.interval : undefined;
  return {
    policy: loadPolicy(reading, raw),
    schedulingIntervalNs: read('duration', interval ?? '5s'),
    telemetryIntervalNs: read('duration', telemetry ?? '1s'),
    migration: {
      downtimeLimitNs: read('duration', migration.downtimeLimit ?? '300ms'),
      stalledRoundsMax: migration.stalledRounds ?? 3,
      roundsMax: migration.rounds ?? 30,
      totalLimitNs: read('duration', migration.totalLimit ?? '2m'),
      waitLimitNs: read('duration', migration.waitLimit ?? '10s'),
    },
    seed: raw.seed ?? 1,
  };
}

function loadPolicy(reading: Reading, raw: ScenarioFile): ClusterConfiguration['policy'] {
  const { policies, defaultPolicy } = reading.tables;
  const usual = { name: defaultPolicy, arguments: {} };
  if (raw.policy === undefined || !reading.isSound(['policy'])) return usual;
  const { name, file } = raw.policy;
  if ((name === undefined) === (file === undefined)) {
    reading.refuseKey(['policy'], 'expected either `name` or `file` here, which say what the policy is');
    return usual;
  }
  if (file !== undefined) return loadPolicyOfFile(reading, raw.policy, file);
  const entry = policies.get(name!);
  if (entry === undefined) {
    reading.refuseName(['policy', 'name'], 'policy', name!, [...policies.keys()]);
    return usual;
  }
  return { name: name!, arguments: checkedArguments(reading, raw.policy, entry) };
}

function loadPolicyOfFile(reading: Reading, raw: PolicyInFile, file: string): ClusterConfiguration['policy'] {
  const { policyFile, defaultPolicy } = reading.tables;
  if (policyFile === undefined || policyFile.file !== file) {
    reading.refuse(['policy', 'file'], 'policies from files are not loaded here');
    return { name: defaultPolicy, arguments: {} };
  }
  const { name, path } = policyFile;
  return { name, file: path, arguments: checkedArguments(reading, raw, policyFile) };
}

function checkedArguments(
  reading: Reading,
  raw: PolicyInFile,
  entry: PolicyTableEntry,
): Readonly<Record<string, unknown>> {
  const given = raw.arguments ?? {};
  if (raw.arguments !== undefined && reading.check(['policy', 'arguments'], entry.schema)) {
    const problem = entry.check(given);
    if (problem !== undefined) reading.refuseKey(['policy', 'arguments'], problem);
  }
  return given;
}

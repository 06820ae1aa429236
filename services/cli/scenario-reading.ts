// Reads a scenario for a command: the file, the policy file that it names, and the policy that the command line wants instead.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadPolicyFile, preparePolicy } from '../../shared/policies/mod.ts';
import {
  type LoadedPolicyFile,
  loadScenario,
  policyFileNamed,
  type Scenario,
  standardTables,
} from '../../shared/scenario/mod.ts';
import { cliErrors } from './errors.ts';
import { guestImages } from './places.ts';
import type { Surroundings } from './surroundings.ts';

/** How a file is told from the name of a built-in policy. */
const POLICY_FILE = /\.[cm]?[jt]s$/;

/** `policy` is a file or a name that takes the place of the scenario's. Throws ScenarioError, CLI_NO_FILE or POLICY_…. */
export async function readScenario(
  surroundings: Surroundings,
  file: string,
  policy: string | undefined,
): Promise<Scenario> {
  const path = resolve(surroundings.workingPath, file);
  const text = readText(path, file);
  const named = policyFileNamed(text);
  const policyFile = named === undefined ? undefined : await loaded(named, dirname(path));
  const scenario = loadScenario(text, file, standardTables(guestImages(surroundings.checkoutPath), policyFile));
  if (policy === undefined) return scenario;
  const chosen = await choose(surroundings, policy);
  return { ...scenario, configuration: { ...scenario.configuration, policy: chosen } };
}

/** With its defaults: the scenario's arguments are those of another policy. */
async function choose(surroundings: Surroundings, policy: string): Promise<Scenario['configuration']['policy']> {
  if (POLICY_FILE.test(policy)) {
    const { path, entry } = await loaded(policy, surroundings.workingPath);
    return { name: entry.name, file: path, arguments: {} };
  }
  return { name: preparePolicy(policy, {}).name, arguments: {} };
}

async function loaded(file: string, folder: string): Promise<LoadedPolicyFile> {
  const path = resolve(folder, file);
  return { file, path, entry: await loadPolicyFile(path) };
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw cliErrors.create('CLI_NO_FILE', { path: file, reason }, error);
  }
}

// The tables of this repository: the power models of shared/cluster and the policies of shared/policies.

import { POWER_MODEL_NAMES, powerModelNamed } from '../cluster/mod.ts';
import { type PolicyEntry, policies } from '../policies/mod.ts';
import { hasCode } from '../runtime/mod.ts';
import type { Schema } from './schema-check.ts';
import type { PolicyFileEntry, PolicyTableEntry, ScenarioTables } from './tables.ts';

/** A file with a policy: as the scenario says it, where it is, and what it holds. */
export interface LoadedPolicyFile {
  readonly file: string;
  readonly path: string;
  readonly entry: PolicyEntry;
}

export function standardTables(images?: readonly string[], policyFile?: LoadedPolicyFile): ScenarioTables {
  return {
    powerModels: new Map(POWER_MODEL_NAMES.map((name) => [name, powerModelNamed(name)])),
    defaultPowerModel: 'hp-ml110-g5',
    policies: new Map([...policies].map(([name, entry]) => [name, policyTableEntry(entry)])),
    defaultPolicy: 'none',
    ...(images === undefined ? {} : { images }),
    ...(policyFile === undefined ? {} : { policyFile: policyFileEntry(policyFile) }),
  };
}

function policyFileEntry({ file, path, entry }: LoadedPolicyFile): PolicyFileEntry {
  return { ...policyTableEntry(entry), name: entry.name, file, path };
}

function policyTableEntry(entry: PolicyEntry): PolicyTableEntry {
  const schema = entry.schema as Schema;
  // What has a default may be left out.
  const required = (schema.required ?? []).filter((key) => schema.properties?.[key]?.default === undefined);
  return {
    summary: entry.summary,
    schema: { ...schema, required, additionalProperties: false },
    check(given) {
      try {
        entry.prepare(given);
        return undefined;
      } catch (error) {
        if (hasCode(error, 'POLICY_BAD_ARGUMENT')) return error.message;
        throw error;
      }
    },
  };
}

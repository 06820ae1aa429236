// The tables of this repository: the power models of shared/cluster and the policies of shared/policies.

import { POWER_MODEL_NAMES, powerModelNamed } from '../cluster/mod.ts';
import type { ScenarioTables } from './tables.ts';

export function standardTables(images?: readonly string[]): ScenarioTables {
  return {
    powerModels: new Map(POWER_MODEL_NAMES.map((name) => [name, powerModelNamed(name)])),
    defaultPowerModel: 'hp-ml110-g5',
    policies: new Map([
      ['consolidate', {}],
      ['none', {}],
    ]),
    defaultPolicy: 'none',
    ...(images === undefined ? {} : { images }),
  };
}

// What a host draws: the SPECpower-style table of watts at 0, 10, … 100 % utilisation, linear between; a few watts in standby;
// the watts of 100 % while it wakes (protocol, PowerModel). The named tables are those of the published consolidation experiment
// of CloudSim 3.0.3 (SPECpower_ssj2008 results of the HP ProLiant ML110 G4 and G5).

import assert from 'node:assert/strict';
import type { HostPower, PowerModel } from '../protocol/mod.ts';
import { NS_PER_S } from '../runtime/mod.ts';
import { clusterErrors } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** Watts of a host that is on. `utilisation` is 0..1; more is a bug of the caller. */
export function wattsAt(model: PowerModel, utilisation: number): number {
  assert(utilisation >= 0 && utilisation <= 1, `utilisation ${utilisation} is not within 0..1`);
  const position = utilisation * 10;
  const below = Math.floor(position);
  const low = model.watts[below]!;
  return below === position ? low : low + (model.watts[below + 1]! - low) * (position - below);
}

/** Watts in a power state; `utilisation` counts only while the host is on. */
export function wattsOf(model: PowerModel, power: HostPower, utilisation: number): number {
  switch (power) {
    case 'on':
      return wattsAt(model, utilisation);
    case 'waking':
      return wattsAt(model, 1);
    case 'standby':
      return model.standbyWatts;
  }
}

// Standby and wake are not in the published tables. Chosen: a few watts for the management controller, as servers of that
// time draw, and ten seconds from standby (suspend to memory) to taking VMs. A scenario may state others.
const STANDBY_WATTS = 5;
const WAKE_DELAY_NS = 10 * NS_PER_S;

const POWER_MODELS: Readonly<Record<string, PowerModel>> = {
  'hp-ml110-g4': {
    watts: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
    standbyWatts: STANDBY_WATTS,
    wakeDelayNs: WAKE_DELAY_NS,
  },
  'hp-ml110-g5': {
    watts: [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135],
    standbyWatts: STANDBY_WATTS,
    wakeDelayNs: WAKE_DELAY_NS,
  },
};

export const POWER_MODEL_NAMES: readonly string[] = Object.keys(POWER_MODELS);

/** A built-in model by name; throws CLUSTER_UNKNOWN_POWER_MODEL with a suggestion. */
export function powerModelNamed(name: string): PowerModel {
  const model = Object.hasOwn(POWER_MODELS, name) ? POWER_MODELS[name] : undefined;
  if (model !== undefined) return model;
  const nearest = nearestName(name, POWER_MODEL_NAMES);
  throw clusterErrors.create('CLUSTER_UNKNOWN_POWER_MODEL', {
    name,
    hint: `${nearest === undefined ? '' : `did you mean "${nearest}"? `}known are ${POWER_MODEL_NAMES.join(', ')}`,
  });
}

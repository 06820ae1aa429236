// The policies that a configuration can name.

import { nearestName } from '../cluster/mod.ts';
import { balance } from './balance/mod.ts';
import { consolidate } from './consolidate/mod.ts';
import { policyErrors } from './errors.ts';
import { hotSpot } from './hot-spot/mod.ts';
import { none } from './none/mod.ts';
import type { Policy, PolicyEntry } from './policy.ts';

/** By name; each with a JSON Schema of its arguments. */
export const policies: ReadonlyMap<string, PolicyEntry> = new Map(
  [balance, consolidate, hotSpot, none].map((entry) => [entry.name, entry]),
);

/** Throws POLICY_UNKNOWN or POLICY_BAD_ARGUMENT, both made for the author of a configuration. */
export function preparePolicy(name: string, parameters: Readonly<Record<string, unknown>>): Policy {
  const entry = policies.get(name);
  if (entry !== undefined) return entry.prepare(parameters);
  const known = [...policies.keys()];
  const nearest = nearestName(name, known);
  const hint = `${nearest === undefined ? '' : `did you mean "${nearest}"? `}known are ${known.join(', ')}`;
  throw policyErrors.create('POLICY_UNKNOWN', { name, hint });
}

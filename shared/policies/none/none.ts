// The policy for those who move VMs themselves: places what is new, waking a host only when nothing else has room, and touches nothing
// after that.

import { type Static, Type } from '@sinclair/typebox';
import { ForecastArguments, ForecastMemory, forecast } from '../forecast/mod.ts';
import { Ledger } from '../ledger.ts';
import { PlacementArguments, placePending } from '../placement/mod.ts';
import { Plan } from '../plan.ts';
import { type PolicyDefinition, policyEntry } from '../policy.ts';

const NoneArguments = Type.Object({ ...PlacementArguments.properties, ...ForecastArguments.properties });
export type NoneArguments = Static<typeof NoneArguments>;

const definition: PolicyDefinition<typeof NoneArguments, ForecastMemory> = {
  name: 'none',
  summary: 'Places new VMs and does nothing else: no VM is moved, no host is switched off.',
  schema: NoneArguments,
  begin: () => new ForecastMemory(),
  decide(state, memory, parameters) {
    const foreseen = forecast(state, memory, parameters);
    const plan = new Plan();
    placePending(new Ledger(state, foreseen.load, parameters.memoryReserve), plan, parameters);
    return { actions: plan.actions([]), memory: foreseen.memory };
  },
};

export const none = policyEntry(definition);

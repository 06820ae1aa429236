// The policy for a cluster whose hosts all stay on and share the load evenly, so that every VM has room to grow: new VMs go where the most
// room is, and VMs move while hosts differ by more than that is worth.

import { type Static, Type } from '@sinclair/typebox';
import { BalanceArguments, BalanceMemory, evenOut } from '../even-out/mod.ts';
import { ForecastMemory, forecast, forecastArguments } from '../forecast/mod.ts';
import { Ledger } from '../ledger.ts';
import { MigrationLimitArguments } from '../migration-limits/mod.ts';
import { placementArguments, placePending } from '../placement/mod.ts';
import { Plan } from '../plan.ts';
import { type PolicyDefinition, policyEntry } from '../policy.ts';

const Arguments = Type.Object({
  ...placementArguments('worst-fit').properties,
  ...BalanceArguments.properties,
  ...MigrationLimitArguments.properties,
  // VMs that wait for each other on a host that is far from full would look like more load wherever two of them meet.
  ...forecastArguments('ewma', 'when-saturated').properties,
});
export type BalancePolicyArguments = Static<typeof Arguments>;

class BalancePolicyMemory {
  forecast = new ForecastMemory();
  readonly balance = new BalanceMemory();
}

const definition: PolicyDefinition<typeof Arguments, BalancePolicyMemory> = {
  name: 'balance',
  summary: 'Keeps hosts evenly loaded: a VM moves when that is worth more than the migration costs; all hosts stay on.',
  schema: Arguments,

  check({ evenBelow, unevenAbove }) {
    if (evenBelow <= unevenAbove) return undefined;
    return { field: 'evenBelow', problem: `is ${evenBelow}, above unevenAbove ${unevenAbove}` };
  },

  begin: () => new BalancePolicyMemory(),

  decide(state, memory, parameters) {
    const foreseen = forecast(state, memory.forecast, parameters);
    memory.forecast = foreseen.memory;
    const ledger = new Ledger(state, foreseen.load, parameters.memoryReserve);
    const plan = new Plan();
    placePending(ledger, plan, parameters);
    evenOut(ledger, plan, memory.balance, parameters);
    return { actions: plan.actions(plan.moves), memory };
  },
};

export const balance = policyEntry(definition);

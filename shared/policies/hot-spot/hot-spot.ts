// The policy for a cluster whose hosts all stay on, and where VMs move only when one of them suffers: new VMs go where the most room is,
// and hot spots are relieved. Nothing is evened out before it hurts; `balance` does that.

import { type Static, Type } from '@sinclair/typebox';
import { ForecastMemory, forecast, forecastArguments } from '../forecast/mod.ts';
import { Ledger } from '../ledger.ts';
import { MigrationLimitArguments } from '../migration-limits/mod.ts';
import { placementArguments, placePending } from '../placement/mod.ts';
import { Plan } from '../plan.ts';
import { type PolicyDefinition, policyEntry } from '../policy.ts';
import { HotHistory, HotSpotArguments, hotSpots, relieveHotSpots } from '../relieve-hot-spots/mod.ts';

const Arguments = Type.Object({
  ...placementArguments('worst-fit').properties,
  ...HotSpotArguments.properties,
  ...MigrationLimitArguments.properties,
  // The detector counts intervals itself: memory of several would make one spike look like several.
  ...forecastArguments('last').properties,
});
export type HotSpotPolicyArguments = Static<typeof Arguments>;

class HotSpotMemory {
  forecast = new ForecastMemory();
  readonly history = new HotHistory();
}

const definition: PolicyDefinition<typeof Arguments, HotSpotMemory> = {
  name: 'hot-spot',
  summary: 'Moves VMs off hosts that stay too busy, to the coolest ones that take them; all hosts stay on.',
  schema: Arguments,

  check({ hotIntervals, hotWindow, targetThreshold, hotThreshold }) {
    if (hotIntervals > hotWindow) {
      return { field: 'hotIntervals', problem: `is ${hotIntervals}, above hotWindow ${hotWindow}` };
    }
    if (targetThreshold > hotThreshold) {
      return { field: 'targetThreshold', problem: `is ${targetThreshold}, above hotThreshold ${hotThreshold}` };
    }
    return undefined;
  },

  begin: () => new HotSpotMemory(),

  decide(state, memory, parameters) {
    const foreseen = forecast(state, memory.forecast, parameters);
    memory.forecast = foreseen.memory;
    const ledger = new Ledger(state, foreseen.load, parameters.memoryReserve);
    const hot = hotSpots(ledger, memory.history, parameters);
    const plan = new Plan();
    placePending(ledger, plan, parameters);
    relieveHotSpots(ledger, plan, hot, memory.history, parameters);
    return { actions: plan.actions(plan.moves), memory };
  },
};

export const hotSpot = policyEntry(definition);

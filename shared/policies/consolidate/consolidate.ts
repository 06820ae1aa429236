// The policy of this data centre: few hosts while load is low, as many as needed when it rises. Each interval it forecasts, places
// what waits, relieves overloaded hosts (waking others first), and, once all is calm, empties under-used hosts and sends empty
// ones to standby. The stages share one ledger, and each can be read and tested alone in its folder.

import { type Static, Type } from '@sinclair/typebox';
import { HostState } from '../../cluster/mod.ts';
import {
  EvacuationArguments,
  EvacuationMemory,
  evacuateUnderUsed,
  underUsedHosts,
} from '../evacuate-under-used/mod.ts';
import { ForecastArguments, ForecastMemory, forecast } from '../forecast/mod.ts';
import { Ledger } from '../ledger.ts';
import { admit, MigrationLimitArguments } from '../migration-limits/mod.ts';
import { PlacementArguments, placePending } from '../placement/mod.ts';
import { Plan } from '../plan.ts';
import { type PolicyDefinition, policyEntry } from '../policy.ts';
import { PowerArguments, switchOff } from '../power-by-need/mod.ts';
import { relieveOverloaded } from '../relieve-overloaded/mod.ts';
import { OverloadArguments, overloadedHosts } from '../static-threshold/mod.ts';
import { Streaks } from '../streaks.ts';

export const ConsolidateArguments = Type.Object({
  ...PlacementArguments.properties,
  ...OverloadArguments.properties,
  ...EvacuationArguments.properties,
  ...PowerArguments.properties,
  ...MigrationLimitArguments.properties,
  ...ForecastArguments.properties,
});
export type ConsolidateArguments = Static<typeof ConsolidateArguments>;

class ConsolidateMemory {
  forecast = new ForecastMemory();
  readonly overloaded = new Streaks();
  readonly evacuation = new EvacuationMemory();
  readonly empty = new Streaks();
  calmIntervals = 0;
}

const definition: PolicyDefinition<typeof ConsolidateArguments, ConsolidateMemory> = {
  name: 'consolidate',
  summary: 'Packs VMs on few hosts while load is low, spreads them when it rises, and switches empty hosts off.',
  schema: ConsolidateArguments,

  check({ underThreshold, targetThreshold, overThreshold }) {
    if (underThreshold > targetThreshold) {
      return { field: 'underThreshold', problem: `is ${underThreshold}, above targetThreshold ${targetThreshold}` };
    }
    if (targetThreshold > overThreshold) {
      return { field: 'targetThreshold', problem: `is ${targetThreshold}, above overThreshold ${overThreshold}` };
    }
    return undefined;
  },

  begin: () => new ConsolidateMemory(),

  decide(state, memory, parameters) {
    const foreseen = forecast(state, memory.forecast, parameters);
    memory.forecast = foreseen.memory;
    const ledger = new Ledger(state, foreseen.load, parameters.memoryReserve);
    const overloaded = overloadedHosts(ledger, memory.overloaded, parameters);
    const underUsed = underUsedHosts(ledger, memory.evacuation, parameters);
    const plan = new Plan();

    placePending(ledger, plan, parameters);
    relieveOverloaded(ledger, plan, overloaded, parameters);

    const isWaiting = plan.wakeCount > 0 || state.hostCounts[HostState.waking]! > 0 || plan.isHeldUp;
    memory.calmIntervals = overloaded.length > 0 || isWaiting ? 0 : memory.calmIntervals + 1;
    const candidates = memory.calmIntervals >= parameters.calmIntervals ? underUsed : [];
    evacuateUnderUsed(ledger, plan, candidates, memory.evacuation, parameters);

    switchOff(ledger, plan, memory.empty, parameters);
    return { actions: plan.actions(admit(state, plan.moves, parameters)), memory };
  },
};

export const consolidate = policyEntry(definition);

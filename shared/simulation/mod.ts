// The front door of simulation: traces of VMs, and the engines that run them. So far there is one engine, the model of CloudSim 3.0.3.

export { EventLines, type EventListener, javaDouble } from './cloudsim-3.0.3/events.ts';
export { CLOUDSIM_POLICY_NAMES, type CloudSimPolicy, parseCloudSimPolicy } from './cloudsim-3.0.3/policy.ts';
export { type SimulationOptions, type SimulationResult, simulateCloudSim } from './cloudsim-3.0.3/run.ts';
export { simulationErrors } from './errors.ts';
export { parsePlanetLabFile } from './traces/planetlab-file.ts';
export { orderTraces, parseTraceOrder, type TraceOrder } from './traces/trace-order.ts';
export { SAMPLES_PER_DAY, type Trace, type TraceSet, traceSetOf } from './traces/trace-set.ts';

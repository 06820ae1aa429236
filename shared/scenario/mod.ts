// The front door of scenarios: files and what is wrong with them, the conductor that performs them, and their verdict.

export { canonicalJson } from './canonical-json.ts';
export { Conductor, type ConductorOptions, type ConductorPorts, type RunSink } from './conductor.ts';
export { scenarioErrors } from './errors.ts';
export { loadLines, type TimedLine } from './load-lines.ts';
export { loadScenario, policyFileNamed } from './load-scenario.ts';
export type { Problem } from './problem.ts';
export { describeProblems, ScenarioError } from './problem.ts';
export type * from './replay-wire.ts';
export type * from './result.ts';
export type * from './scenario.ts';
export { schemaDocument, schemaReference } from './schema-document.ts';
export { type LoadedPolicyFile, standardTables } from './standard-tables.ts';
export type { ScenarioTables } from './tables.ts';
export { formatQuantity, parseQuantity, type Quantity, type Unit } from './units.ts';

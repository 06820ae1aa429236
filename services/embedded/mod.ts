// All services in one process.

export { type ReplayOptions, replayScenario } from './replay-scenario.ts';

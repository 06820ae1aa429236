export { EvacuationArguments } from './arguments.ts';
export { EvacuationMemory, evacuateUnderUsed, type UnderUsedHost, underUsedHosts } from './evacuate-under-used.ts';

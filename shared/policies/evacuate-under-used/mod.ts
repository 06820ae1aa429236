export { EvacuationArguments } from './arguments.ts';
export { evacuateUnderUsed, type UnderUsedHost, underUsedHosts } from './evacuate-under-used.ts';

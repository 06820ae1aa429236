export { OverloadArguments } from './arguments.ts';
export { type OverloadedHost, overloadedHosts } from './static-threshold.ts';

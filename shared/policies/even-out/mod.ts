export { BalanceArguments } from './arguments.ts';
export { BalanceMemory, evenOut } from './even-out.ts';

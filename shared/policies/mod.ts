// The front door of the policies: what decides where VMs are and which hosts are on (DESIGN, "The scheduler").

export type { Action, Fit, Reason } from './action.ts';
export { chooseDestination } from './choose-destination.ts';
export { policyErrors } from './errors.ts';
export { explain } from './explain.ts';
export { type Decision, type Policy, type PolicyDefinition, type PolicyEntry, policyEntry } from './policy.ts';
export { loadPolicyFile } from './policy-file/mod.ts';
export { policies, preparePolicy } from './table.ts';

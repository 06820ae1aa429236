// What can go wrong with a host's memory that is not a bug: it is full.

import { codedErrors } from '../runtime/mod.ts';

export const vmmErrors = codedErrors({
  VMM_OUT_OF_MEMORY: {
    template: 'the host has no {wanted} neighbouring free frames ({free} of {total} are free); stop or move a VM first',
    status: 507,
  },
  VMM_TOO_MANY_VMS: { template: 'the host has {count} VMs already, its limit; stop or move one first', status: 507 },
  VMM_TOO_MANY_POOLS: { template: 'the host has {count} resource pools already, its limit', status: 507 },
});

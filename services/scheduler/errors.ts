// Why the scheduler refuses what an operator or a scenario asks of it.

import { codedErrors } from '../../shared/runtime/mod.ts';

export const schedulerErrors = codedErrors({
  SCHEDULER_NOT_READY: {
    template: 'the scheduler has no cluster configuration yet; write one to the store first',
    status: 503,
  },
  SCHEDULER_NO_VM: { template: 'there is no VM {vm}; {hint}', status: 404 },
  SCHEDULER_NO_HOST: { template: 'there is no host {host}; {hint}', status: 404 },
  SCHEDULER_VM_NOT_RUNNING: { template: 'VM {vm} is {phase}; only a running VM can be moved', status: 409 },
  SCHEDULER_VM_MOVING: {
    template: 'VM {vm} is being moved to host {to} already ({migration}); wait for its end or cancel it',
    status: 409,
  },
  SCHEDULER_HOST_NOT_ON: { template: 'host {host} is {state}; only a host that is on takes VMs', status: 409 },
  SCHEDULER_HOST_NOT_AWAKE: {
    template: 'host {host} is {state}; only a host that is on can be sent to standby',
    status: 409,
  },
  SCHEDULER_HOST_BUSY: { template: 'host {host} has VMs ({vms}); move them away first', status: 409 },
  SCHEDULER_NO_ROOM: { template: 'no host that is on has the memory for VM {vm}', status: 507 },
  SCHEDULER_HOST_SILENT: {
    template: 'host {host} did not answer; whether it took the command is not known, ask again',
    status: 504,
  },
  SCHEDULER_NO_MIGRATION: { template: 'no migration {migration} is under way', status: 404 },
});

// Why a host node refuses a command, or gives up a migration.

import { codedErrors } from '../../shared/runtime/mod.ts';

export const hostErrors = codedErrors({
  HOST_NOT_ON: { template: 'host {host} is {power}; wake it first', status: 409 },
  HOST_NOT_EMPTY: { template: 'host {host} still has {count} VMs or migrations; move them first', status: 409 },
  HOST_VM_NOT_HERE: { template: 'VM {vm} is not on host {host}; look up its owner and ask there', status: 404 },
  HOST_VM_BUSY: { template: 'VM {vm} is in migration {migration}; wait for its end or cancel it', status: 409 },
  HOST_VM_EXISTS: { template: 'VM {vm} is on host {host} already, in epoch {epoch}', status: 409 },
  HOST_VM_ENDED: {
    template: 'VM {vm} has ended on host {host} in epoch {epoch}; claim it anew to start it once more',
    status: 409,
  },
  HOST_NOT_OWNER: {
    template: 'host {host} may not run VM {vm} in epoch {epoch}: the owner record says {record}',
    status: 409,
  },
  HOST_NO_ROOM: {
    template: 'host {host} has {freeBytes} bytes free, VM {vm} needs {neededBytes}; choose another host',
    status: 507,
  },
  HOST_NO_CPU: {
    template:
      'host {host} has {freeInstructions} instructions per second unreserved, VM {vm} reserves {neededInstructions}; choose another host',
    status: 507,
  },
  HOST_NO_IMAGE: {
    template: 'there is no guest image "{image}" (expected {path}); build it with npm run guests:build',
    status: 404,
  },
  HOST_BAD_IMAGE: { template: 'the guest image "{image}" cannot be started: {problem}', status: 422 },
  HOST_BAD_VM: { template: 'VM {vm} cannot be made as it is specified: {problem}', status: 422 },
  HOST_CONSOLE_FULL: {
    template: 'the console input of VM {vm} is full; the guest does not read it. Try again',
    status: 503,
  },
  HOST_NO_MIGRATION: { template: 'host {host} knows no migration {migration} that is under way', status: 404 },
  HOST_VM_ENDED_LEAVING: { template: 'VM {vm} ended while it was being moved', status: 409 },
  HOST_MIGRATION_REFUSED: { template: 'host {to} refused the migration ({code}): {message}', status: 409 },
  HOST_MIGRATION_BROKEN: { template: 'the migration broke: {why}', status: 502 },
  HOST_MIGRATION_ABORTED: { template: 'given up ({reason}): {detail}', status: 409 },
  HOST_MIGRATION_CANCELLED: { template: '{why}', status: 409 },
});

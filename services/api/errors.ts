// Why the API refuses a request, and with which status refusals of the scheduler and of hosts reach its caller.

import { codedErrors } from '../../shared/runtime/mod.ts';

export const apiErrors = codedErrors({
  API_UNAUTHORIZED: {
    template: 'a bearer token is needed: Authorization: Bearer <token>. `up` keeps it in the file token of the cluster',
    status: 401,
  },
  API_WRONG_HOST: {
    template: 'this API does not answer under the name {host}; LIGHTSOUT_API_HOSTS lists the names it does',
    status: 421,
  },
  API_NO_VM: { template: 'no VM is called {vm}; {known}', status: 404 },
  API_NO_HOST: { template: 'no host is called {host}; {known}', status: 404 },
  API_VM_EXISTS: {
    template: 'there is a VM {vm} already; remove it first, or start it if it has stopped',
    status: 409,
  },
  API_VM_ENDING: { template: 'the former VM {vm} is still being stopped; try again in a moment', status: 409 },
  API_VM_HAS_NO_HOST: { template: 'VM {vm} is {phase} and runs on no host', status: 409 },
  API_VM_NOT_STOPPED: { template: 'VM {vm} is {phase}; only a VM that has stopped can be started', status: 409 },
  API_STREAMS_FULL: { template: '{count} event streams are open, and no more are served; close some', status: 503 },
});

/** By code of an answer; all other refusals are conflicts with how things are. */
const STATUS: Readonly<Record<string, number>> = {
  SCHEDULER_NOT_READY: 503,
  SCHEDULER_NO_VM: 404,
  SCHEDULER_NO_HOST: 404,
  SCHEDULER_NO_ROOM: 507,
  SCHEDULER_HOST_SILENT: 504,
  SCHEDULER_NO_MIGRATION: 404,
  HOST_NO_MIGRATION: 404,
  HOST_CONSOLE_FULL: 503,
  PROTOCOL_BAD_MESSAGE: 400,
};

/** A refusal by the scheduler or a host, in its own words. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = STATUS[code] ?? 409;
  }
}

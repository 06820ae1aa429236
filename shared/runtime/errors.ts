// The errors of the ports, the same from the live and the in-memory versions, so that a service handles them once.

import { codedErrors } from './coded-errors.ts';

export const runtimeErrors = codedErrors({
  RUNTIME_TIMEOUT: {
    template:
      '{what} got no answer within {durationMs} ms; it may or may not have taken effect, so look before trying again',
    status: 504,
  },
  RUNTIME_CONFLICT: {
    template: '{what} was refused because revision {expected} is not the newest; read it again and decide anew',
    status: 409,
  },
  RUNTIME_NO_RESPONDER: {
    template: 'nobody answers on {subject}; check that the service behind it is running',
    status: 503,
  },
  RUNTIME_CLOSED: { template: '{what} is closed ({reason}); open it anew', status: 503 },
  RUNTIME_UNREACHABLE: {
    template: '{what} cannot be reached at {address} ({reason}); check that it runs and that the address is right',
    exitCode: 3,
    status: 503,
  },
  RUNTIME_TOO_LARGE: {
    template: '{what} has {sizeBytes} bytes, more than the limit of {limitBytes}; send it in parts',
  },
  RUNTIME_BAD_NAME: { template: '{what} "{name}" is not usable: {rule}', exitCode: 2 },
  RUNTIME_BAD_PATH: { template: 'the path "{path}" leaves its root or is empty; give a relative path without ".."' },
  RUNTIME_DISK: {
    template: 'the file {path} could not be {verb} ({reason}); check space and permissions',
    exitCode: 3,
  },
  RUNTIME_THREAD: {
    template: 'the thread that ran {host} failed ({reason}); the state of that host is not to be trusted',
  },
  RUNTIME_STALLED: {
    template:
      'nothing is left to happen at {timeMs} ms of cluster time, yet {what} is not done; some service waits for ever',
  },
  RUNTIME_CONFIGURATION: { template: 'the environment is not usable: {problems}', exitCode: 2 },
  RUNTIME_MISSING: { template: '{what} is missing; {remedy}', exitCode: 3 },
  RUNTIME_STORE: { template: 'the store refused {what} ({reason}); look at the log of the NATS server' },
});

// What ends a command: a stable code, what to do, and how the process exits (1 an expectation failed, 2 a bad file or a bad command
// line, 3 something needed is missing).

import { codedErrors } from '../../shared/runtime/mod.ts';

export const EXIT = { passed: 0, failed: 1, badInput: 2, missing: 3, interrupted: 130 } as const;

export const cliErrors = codedErrors({
  CLI_NO_FILE: { template: 'the scenario file {path} cannot be read ({reason})', exitCode: EXIT.badInput },
  CLI_NO_NATS_SERVER: {
    template: 'a live cluster needs nats-server, and there is none; run `npm run setup`, or replay without --live',
    exitCode: EXIT.missing,
  },
  CLI_NO_GUESTS: {
    template: 'there are no guest images in {path}; run `npm run guests:build`',
    exitCode: EXIT.missing,
  },
  CLI_NO_CLUSTER: {
    template: 'no cluster named {name} is running here; start one with `npx lightsout up`',
    exitCode: EXIT.missing,
  },
  CLI_CLUSTER_BROKEN: {
    template:
      'the cluster {name} has lost {dead}; end it with `npx lightsout down`, then start it anew. Logs are in {logs}',
    exitCode: EXIT.missing,
  },
  CLI_SERVICE_ENDED: {
    template: '{service} ended before its time ({how}). Its log {log} ends:\n{tail}',
    exitCode: EXIT.missing,
  },
  CLI_HOSTS_ABSENT: {
    template: '{present} of {wanted} hosts joined within {seconds} s; look at the logs in {logs}',
    exitCode: EXIT.missing,
  },
  CLI_REPLAY_BROKEN: {
    template: 'the replay ended without a result ({how}); this is a bug of Lightsout. It said last:\n{tail}',
    exitCode: EXIT.missing,
  },
  CLI_API_SILENT: {
    template: 'the API does not answer at {url} ({reason}); `npx lightsout status` says how the cluster is',
    exitCode: EXIT.missing,
  },
  CLI_API_INTERRUPTED: { template: 'stopped; what was asked for may go on', exitCode: EXIT.interrupted },
  CLI_VM_REFUSED: { template: 'VM {vm} cannot start now: {why}. It stays asked for', exitCode: EXIT.failed },
  CLI_INTERRUPTED: { template: 'stopped; nothing is left running', exitCode: EXIT.interrupted },
  CLI_NO_ISA_TESTS: { template: 'there is nothing to test in {path}: {problem}', exitCode: EXIT.badInput },
  CLI_BAD_OPTION: { template: '{option} is "{value}", but {expected} is expected', exitCode: EXIT.badInput },
});

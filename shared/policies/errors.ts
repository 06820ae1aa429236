// The coded errors of policies: what a user wrote in a configuration or a scenario and what would have been right.

import { codedErrors } from '../runtime/mod.ts';

export const policyErrors = codedErrors({
  POLICY_UNKNOWN: { template: 'there is no policy "{name}"; {hint}', exitCode: 2, status: 400 },
  POLICY_BAD_ARGUMENT: { template: 'policy {policy}: argument {field} {problem}', exitCode: 2, status: 400 },
  POLICY_FILE_UNREADABLE: { template: 'policy file {file} cannot be loaded: {reason}', exitCode: 2, status: 400 },
  /** What a file exports is not a policy, or what its policy answers is not a decision. */
  POLICY_BAD_FILE: { template: 'policy file {file}: {field} {problem}', exitCode: 2, status: 400 },
});

// What can keep a scenario from being performed at all. What goes wrong within it is for the expectations.

import { codedErrors } from '../runtime/mod.ts';

export const scenarioErrors = codedErrors({
  SCENARIO_HOSTS_ABSENT: {
    template: '{present} of {wanted} hosts joined within {seconds} s; look at the logs of the others: {missing}',
    exitCode: 3,
  },
  SCENARIO_STOPPED: { template: 'the run was stopped before its end', exitCode: 130 },
});

// The coded errors of this folder (HOUSE-STYLE, "Errors").

import { codedErrors } from '../runtime/mod.ts';

export const clusterErrors = codedErrors({
  CLUSTER_UNKNOWN_POWER_MODEL: {
    template: 'there is no power model "{name}"; {hint}, or state its watts',
    exitCode: 2,
    status: 400,
  },
});

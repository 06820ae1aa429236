// When hosts are switched off.

import { type Static, Type } from '@sinclair/typebox';

export const PowerArguments = Type.Object({
  emptyIntervals: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 2,
    description: 'A host goes to standby when it has had no VMs for so many scheduling intervals.',
  }),
  hostsOnMin: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 1,
    description: 'So many hosts stay on, even when they are empty.',
  }),
});
export type PowerArguments = Static<typeof PowerArguments>;

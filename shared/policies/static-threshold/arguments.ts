// When a host counts as overloaded.

import { type Static, Type } from '@sinclair/typebox';

export const OverloadArguments = Type.Object({
  overThreshold: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.85,
    description: 'A host is overloaded when its VMs are expected to ask for more than this share of its CPU capacity.',
  }),
  overIntervals: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 1,
    description: 'For so many scheduling intervals in a row.',
  }),
});
export type OverloadArguments = Static<typeof OverloadArguments>;

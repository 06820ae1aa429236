// When a host is worth emptying.

import { type Static, Type } from '@sinclair/typebox';

export const EvacuationArguments = Type.Object({
  underThreshold: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.35,
    description: 'A host is under-used when its VMs are expected to ask for less than this share of its CPU capacity.',
  }),
  underIntervals: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 3,
    description: 'For so many scheduling intervals in a row.',
  }),
  calmIntervals: Type.Integer({
    minimum: 0,
    maximum: 1000,
    default: 3,
    description:
      'No host is emptied until so many intervals have passed without overload, waiting VMs and waking hosts.',
  }),
});
export type EvacuationArguments = Static<typeof EvacuationArguments>;

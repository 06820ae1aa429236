// When a host is a hot spot.

import { type Static, Type } from '@sinclair/typebox';

export const HotSpotArguments = Type.Object({
  hotThreshold: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.85,
    description: 'A host is hot while its VMs are expected to ask for more than this share of its CPU capacity.',
  }),
  hotIntervals: Type.Integer({
    minimum: 1,
    maximum: 32,
    default: 3,
    description:
      'It is relieved when it is hot now and was in so many of the last scheduling intervals (this one included).',
  }),
  hotWindow: Type.Integer({
    minimum: 1,
    maximum: 32,
    default: 5,
    description: 'Of so many.',
  }),
});
export type HotSpotArguments = Static<typeof HotSpotArguments>;

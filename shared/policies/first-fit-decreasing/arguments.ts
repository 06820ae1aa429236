// What can be said about where VMs are put.

import { type Static, Type } from '@sinclair/typebox';

export const PlacementArguments = Type.Object({
  targetThreshold: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.7,
    description: 'Hosts are filled up to this share of their CPU capacity; above it only when nothing else is left.',
  }),
  memoryReserve: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.02,
    description: "Share of a host's memory that is not planned with; the host itself needs some.",
  }),
});
export type PlacementArguments = Static<typeof PlacementArguments>;

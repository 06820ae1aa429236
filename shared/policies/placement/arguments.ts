// What can be said about where VMs are put.

import { type Static, Type } from '@sinclair/typebox';

type PlacementName = 'first-fit-decreasing' | 'best-fit' | 'worst-fit';

/** Policies differ in the placement that suits them; everything else is alike. */
export function placementArguments(usual: PlacementName) {
  return Type.Object({
    placement: Type.Union([Type.Literal('first-fit-decreasing'), Type.Literal('best-fit'), Type.Literal('worst-fit')], {
      default: usual,
      description:
        'Where new VMs start: on the host that was fullest at first, on the one with the least room left, or on the one with the most.',
    }),
    placementBy: Type.Union([Type.Literal('forecast'), Type.Literal('reservation')], {
      default: 'forecast',
      description:
        'What counts as full and as large there: the CPU that VMs are expected to ask for, or the memory that is reserved for them.',
    }),
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
}

export const PlacementArguments = placementArguments('first-fit-decreasing');
export type PlacementArguments = Static<typeof PlacementArguments>;

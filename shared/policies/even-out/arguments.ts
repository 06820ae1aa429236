// When a cluster counts as uneven, and what a move must be worth.

import { type Static, Type } from '@sinclair/typebox';

export const BalanceArguments = Type.Object({
  unevenAbove: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'VMs are moved once the CPU utilisation of hosts deviates by more than this (standard deviation).',
  }),
  unevenIntervals: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 3,
    description: 'For so many scheduling intervals in a row.',
  }),
  evenBelow: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.05,
    description: 'And then until it deviates by no more than this, or no move is worth its cost.',
  }),
  gainMin: Type.Number({
    minimum: 0.001,
    maximum: 1,
    default: 0.05,
    description: 'A move must bring the utilisations of its two hosts closer together by this much.',
  }),
  stayIntervals: Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 24,
    description: 'A VM that was moved stays where it is for so many scheduling intervals.',
  }),
  stableSeconds: Type.Number({
    minimum: 0,
    maximum: 86400,
    default: 60,
    description:
      'How long load is taken to stay as it is: the benefit of a move is its gain times this. Its cost is the time it takes, times what it uses of hosts meanwhile.',
  }),
  copyMibPerSecond: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1e6,
    default: 100,
    description: 'How fast memory moves between hosts, in MiB a second. A VM that writes faster is not moved.',
  }),
  copyShare: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'Share of a host that a migration uses while it copies.',
  }),
});
export type BalanceArguments = Static<typeof BalanceArguments>;

// How many migrations may be under way.

import { type Static, Type } from '@sinclair/typebox';

export const MigrationLimitArguments = Type.Object({
  migrationsMax: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 8,
    description: 'At most so many migrations at a time in the cluster.',
  }),
  migrationsPerHostMax: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 2,
    description: 'At most so many at a time out of one host, and so many into one.',
  }),
});
export type MigrationLimitArguments = Static<typeof MigrationLimitArguments>;

export { MigrationLimitArguments } from './arguments.ts';
export { admit, MigrationSlots } from './migration-limits.ts';

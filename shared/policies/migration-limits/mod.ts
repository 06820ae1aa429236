export { MigrationLimitArguments } from './arguments.ts';
export { admit } from './migration-limits.ts';

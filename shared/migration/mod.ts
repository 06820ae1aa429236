// Live migration by pre-copy: both ends as state machines without I/O, the frames between them, and the digest that proves arrival.

export { Digest, digestOf } from './digest.ts';
export { type MigratingVm, migratingVm } from './migrating-vm.ts';
export {
  type AbortReason,
  PrecopySource,
  type RoundReport,
  type SourceStep,
  type TransferTotals,
} from './precopy-source.ts';
export { PrecopyTarget, type TargetStep } from './precopy-target.ts';
export * from './wire.ts';

// Everything that happens and that somebody may want to know, each said once by the service that did it. An event log
// (`events.ndjson`) is these, ordered by (timeNs, source, sequence).

import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { codec } from './schema.ts';
import { Name } from './specifications.ts';

const envelope = {
  timeNs: Type.Number(),
  /** `host/<name>`, `scheduler`, `scenario`, `api`. */
  source: Type.String(),
  /** Grows by one per source, so that losses are seen. */
  sequence: Type.Integer({ minimum: 1 }),
};

const event = <K extends string, P extends TProperties>(name: K, fields: P) =>
  Type.Object({ ...envelope, kind: Type.Literal(name), ...fields }, { additionalProperties: false });

export const MigrationOutcome = Type.Union([
  Type.Literal('completed'),
  Type.Literal('cancelled'),
  Type.Literal('failed'),
]);

/** Why pre-copy stopped sending rounds (DESIGN, "Migration"). */
export const StopReason = Type.Union([
  Type.Literal('downtime-limit'),
  Type.Literal('not-converging'),
  Type.Literal('rounds-limit'),
  Type.Literal('time-limit'),
  Type.Literal('cancelled'),
  Type.Literal('error'),
]);

export const MigrationReport = Type.Object(
  {
    migration: Name,
    vm: Name,
    from: Name,
    to: Name,
    epoch: Type.Integer(),
    outcome: MigrationOutcome,
    reason: StopReason,
    /** For people: what went wrong, or why it was asked for. */
    detail: Type.String(),
    rounds: Type.Integer(),
    /** Pages sent, by kind; a page sent in three rounds counts three times. */
    pages: Type.Integer(),
    zeroPages: Type.Integer(),
    /** Bytes on the page network in all, and of these page contents and machine state. */
    bytes: Type.Integer(),
    pageBytes: Type.Integer(),
    stateBytes: Type.Integer(),
    /** From the last instruction at the source to the first at the destination. */
    downtimeNs: Type.Number(),
    totalNs: Type.Number(),
  },
  { additionalProperties: false },
);
export type MigrationReport = Static<typeof MigrationReport>;

export const ClusterEvent = Type.Union([
  event('host.joined', {
    host: Name,
    memoryBytes: Type.Integer(),
    cpus: Type.Integer(),
    instructionsPerSecond: Type.Integer(),
  }),
  event('host.standby', { host: Name, why: Type.String() }),
  event('host.waking', { host: Name, why: Type.String() }),
  event('host.on', { host: Name }),
  event('host.lost', { host: Name, why: Type.String() }),
  event('vm.placed', { vm: Name, host: Name, epoch: Type.Integer(), why: Type.String() }),
  event('vm.refused', { vm: Name, why: Type.String() }),
  event('vm.started', { vm: Name, host: Name, epoch: Type.Integer() }),
  event('vm.stopped', {
    vm: Name,
    host: Name,
    epoch: Type.Integer(),
    reason: Type.String(),
    code: Type.Integer(),
    instructions: Type.String(),
  }),
  /** One line that the guest printed (without its line feed). */
  event('vm.console', { vm: Name, host: Name, epoch: Type.Integer(), line: Type.String() }),
  event('migration.started', { migration: Name, vm: Name, from: Name, to: Name, why: Type.String() }),
  event('migration.round', {
    migration: Name,
    round: Type.Integer(),
    pages: Type.Integer(),
    zeroPages: Type.Integer(),
    bytes: Type.Integer(),
    durationNs: Type.Number(),
    /** Pages found dirty at the end of the round, which the next one sends. */
    remainingPages: Type.Integer(),
  }),
  event('migration.ended', { report: MigrationReport }),
  event('scheduler.decided', {
    decision: Type.String(),
    subject: Type.String(),
    why: Type.String(),
  }),
  event('scheduler.failed', { what: Type.String(), why: Type.String() }),
  event('scenario.step', { what: Type.String() }),
  event('scenario.expectation', { name: Type.String(), met: Type.Boolean(), detail: Type.String() }),
]);
export type ClusterEvent = Static<typeof ClusterEvent>;
export type EventKind = ClusterEvent['kind'];
export type EventOf<K extends EventKind> = Extract<ClusterEvent, { kind: K }>;
/** An event as its author writes it; the envelope is added by `EventWriter`. */
export type EventBody = ClusterEvent extends infer E
  ? E extends ClusterEvent
    ? Omit<E, 'timeNs' | 'source' | 'sequence'>
    : never
  : never;

export const clusterEventCodec = codec('event', ClusterEvent);

// What the API answers: schemas first, types from them. Field names and units are those of the protocol.

import { type Static, type TSchema, Type } from '@sinclair/typebox';

const strict = { additionalProperties: false };
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const words = <const W extends readonly string[]>(...all: W) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...all] });

export const HealthView = Type.Object({ status: words('ok'), timeNs: Type.Number() }, strict);
export type HealthView = Static<typeof HealthView>;

export const HostView = Type.Object(
  {
    host: Type.String(),
    /** `lost`: not heard of for three telemetry intervals, or never. */
    power: words('on', 'standby', 'waking', 'lost'),
    cpus: Type.Integer(),
    instructionsPerSecond: Type.Number(),
    memoryBytes: Type.Number(),
    committedBytes: Type.Number(),
    /** Of all CPUs, 0..1, over the last telemetry interval. */
    utilisation: Type.Number(),
    /** CPUs for which its VMs waited, and how far it was behind its clock at worst, over the same interval. */
    steal: Type.Number(),
    lagNs: Type.Number(),
    vms: Type.Array(Type.String()),
    heardNs: nullable(Type.Number()),
  },
  strict,
);
export type HostView = Static<typeof HostView>;

export const VmView = Type.Object(
  {
    vm: Type.String(),
    image: nullable(Type.String()),
    phase: words('pending', 'starting', 'running', 'paused', 'missing', 'stopped'),
    host: nullable(Type.String()),
    epoch: Type.Integer(),
    /** RAM that the guest sees; null for a VM that nobody asked for. */
    memoryBytes: nullable(Type.Number()),
    /** Share of one CPU that it used, and that it waited for, over the last telemetry interval. */
    run: Type.Number(),
    steal: Type.Number(),
    dirtyBytesPerSecond: Type.Number(),
    migratingTo: nullable(Type.String()),
  },
  strict,
);
export type VmView = Static<typeof VmView>;

export const MigrationView = Type.Object(
  {
    migration: Type.String(),
    vm: Type.String(),
    from: Type.String(),
    to: Type.String(),
    outcome: words('under-way', 'completed', 'cancelled', 'failed'),
    /** Why it was asked for while it is under way; then why it ended, or what went wrong. */
    detail: Type.String(),
    beganNs: Type.Number(),
    endedNs: nullable(Type.Number()),
    rounds: Type.Integer(),
    pages: Type.Integer(),
    bytes: Type.Number(),
    downtimeNs: nullable(Type.Number()),
  },
  strict,
);
export type MigrationView = Static<typeof MigrationView>;

export const StateView = Type.Object(
  {
    timeNs: Type.Number(),
    /** Null before the cluster is configured. */
    policy: nullable(Type.String()),
    hosts: Type.Object(
      { on: Type.Integer(), standby: Type.Integer(), waking: Type.Integer(), lost: Type.Integer() },
      strict,
    ),
    vms: Type.Object(
      {
        ...{ pending: Type.Integer(), starting: Type.Integer(), running: Type.Integer() },
        ...{ paused: Type.Integer(), missing: Type.Integer(), stopped: Type.Integer() },
      },
      strict,
    ),
    migrations: Type.Object(
      { underWay: Type.Integer(), completed: Type.Integer(), cancelled: Type.Integer(), failed: Type.Integer() },
      strict,
    ),
  },
  strict,
);
export type StateView = Static<typeof StateView>;

export const ProblemView = Type.Object({ code: Type.String(), message: Type.String() }, strict);
export type ProblemView = Static<typeof ProblemView>;

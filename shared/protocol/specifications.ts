// What operators ask for, as it is kept in the store: hosts, VMs, and how the cluster is to be run. Fields never change
// meaning; a new meaning is a new field.

import { type Static, Type } from '@sinclair/typebox';
import { codec } from './schema.ts';

/** Names of hosts and VMs are tokens of subjects and keys: letters, digits, dash and underscore. */
export const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' });

export const PowerModel = Type.Object(
  {
    /** Watts at 0, 10, … 100 % utilisation; linear between (as SPECpower reports). */
    watts: Type.Array(Type.Number({ minimum: 0 }), { minItems: 11, maxItems: 11 }),
    standbyWatts: Type.Number({ minimum: 0 }),
    /** From the wake command until the host takes VMs. It draws the watts of 100 % meanwhile. */
    wakeDelayNs: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type PowerModel = Static<typeof PowerModel>;

/** What the emulated machine's clock can count exactly (MAXIMUM_RATE of shared/machine). */
const RATE_MAX = 900_000_000;

export const HostSpecification = Type.Object(
  {
    host: Name,
    /** Physical CPUs; each retires `instructionsPerSecond` instructions per second of cluster time. */
    cpus: Type.Integer({ minimum: 1, maximum: 64 }),
    instructionsPerSecond: Type.Integer({ minimum: 1000, maximum: RATE_MAX }),
    /** Physical RAM; VMs are admitted while the sum of theirs fits beside the VMM's own tables. */
    memoryBytes: Type.Integer({ minimum: 1 << 20, maximum: 2 ** 32 }),
    power: PowerModel,
  },
  { additionalProperties: false },
);
export type HostSpecification = Static<typeof HostSpecification>;

/** How a VM shares the physical CPUs of its host with others (shared/vmm/cpu-shares.ts). */
export const CpuAllocation = Type.Object(
  {
    /** Relative weight among the VMs of a host; 1000 when absent. */
    shares: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Instructions per second that the VM gets whenever it wants them; counted at admission. */
    reservation: Type.Optional(Type.Number({ minimum: 0 })),
    /** Instructions per second that it never exceeds. */
    limit: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  { additionalProperties: false },
);
export type CpuAllocation = Static<typeof CpuAllocation>;

export const VmSpecification = Type.Object(
  {
    vm: Name,
    /** Name of a guest image, as in `guests/build/<image>.elf`. */
    image: Name,
    memoryBytes: Type.Integer({ minimum: 1 << 20, maximum: 2 ** 31 }),
    diskBytes: Type.Integer({ minimum: 0, maximum: 2 ** 31 }),
    bootArguments: Type.String({ maxLength: 1024 }),
    cpu: Type.Optional(CpuAllocation),
    /** The host to start on; the scheduler chooses when it is absent. */
    pinnedTo: Type.Optional(Name),
  },
  { additionalProperties: false },
);
export type VmSpecification = Static<typeof VmSpecification>;

export const MigrationLimits = Type.Object(
  {
    /** The VM is stopped when what remains can be sent within this time at the measured bandwidth. */
    downtimeLimitNs: Type.Number({ minimum: 0 }),
    /** Gives up (the VM stays at its source) after so many rounds that do not shrink the dirty set. */
    stalledRoundsMax: Type.Integer({ minimum: 1 }),
    roundsMax: Type.Integer({ minimum: 1 }),
    /** Deadline of the whole migration. */
    totalLimitNs: Type.Number({ minimum: 1 }),
    /** Deadline of one wait: for credits, for an acknowledgement, for the store. */
    waitLimitNs: Type.Number({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type MigrationLimits = Static<typeof MigrationLimits>;

export const ClusterConfiguration = Type.Object(
  {
    /** Names one policy or turns the stage off; the scheduler's table knows them. */
    policy: Type.Object({
      name: Type.String(),
      /** Absolute path of the file with the policy, for one that is not in the table. */
      file: Type.Optional(Type.String()),
      arguments: Type.Record(Type.String(), Type.Unknown()),
    }),
    /** How often the scheduler observes, plans and acts. */
    schedulingIntervalNs: Type.Number({ minimum: 1 }),
    telemetryIntervalNs: Type.Number({ minimum: 1 }),
    migration: MigrationLimits,
    seed: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type ClusterConfiguration = Static<typeof ClusterConfiguration>;

/** At most one copy whose effects count: changes only by compare-and-swap on its revision (DESIGN, "Ownership"). */
export const OwnerRecord = Type.Object(
  {
    vm: Name,
    host: Name,
    epoch: Type.Integer({ minimum: 1 }),
    /** Nobody owns the VM: it was stopped. The record stays, so that epochs of a name never start again. */
    released: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false },
);
export type OwnerRecord = Static<typeof OwnerRecord>;

/** What a host says of itself when it joins: where its page network listens. */
export const HostRecord = Type.Object(
  { host: Name, specification: HostSpecification, pageAddress: Type.String(), incarnation: Type.String() },
  { additionalProperties: false },
);
export type HostRecord = Static<typeof HostRecord>;

export const hostSpecificationCodec = codec('host specification', HostSpecification);
export const vmSpecificationCodec = codec('VM specification', VmSpecification);
export const clusterConfigurationCodec = codec('cluster configuration', ClusterConfiguration);
export const ownerRecordCodec = codec('owner record', OwnerRecord);
export const hostRecordCodec = codec('host record', HostRecord);

/** Buckets of the store, and their keys. */
export const BUCKET_VMS = 'vms'; // key: VM → VmSpecification
export const BUCKET_OWNERS = 'owners'; // key: VM → OwnerRecord
export const BUCKET_HOSTS = 'hosts'; // key: host → HostRecord
export const BUCKET_CLUSTER = 'cluster'; // key: KEY_CONFIGURATION → ClusterConfiguration
export const KEY_CONFIGURATION = 'configuration';

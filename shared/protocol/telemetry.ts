// What a host node says of itself at every telemetry interval: power state, CPU and memory, and each of its VMs. It is
// also the heartbeat. Figures are sums over the interval that ends at `timeNs`.

import { type Static, Type } from '@sinclair/typebox';
import { codec } from './schema.ts';
import { Name } from './specifications.ts';

const strict = { additionalProperties: false };

export const HostPower = Type.Union([Type.Literal('on'), Type.Literal('standby'), Type.Literal('waking')]);
export type HostPower = Static<typeof HostPower>;

export const VmState = Type.Union([
  Type.Literal('running'),
  Type.Literal('paused'),
  Type.Literal('incoming'),
  Type.Literal('stopped'),
]);
export type VmState = Static<typeof VmState>;

export const VmTelemetry = Type.Object(
  {
    vm: Name,
    epoch: Type.Integer(),
    state: VmState,
    memoryBytes: Type.Integer(),
    /** Instructions executed in the interval. */
    instructions: Type.Integer(),
    /** Cluster time in which the VM ran on a physical CPU, and in which it was runnable and waited for one (steal). */
    runNs: Type.Number(),
    stealNs: Type.Number(),
    /** Pages present in the backing table, and pages dirtied in the interval where dirty logging is on (else 0). */
    residentPages: Type.Integer(),
    dirtiedPages: Type.Integer(),
  },
  strict,
);
export type VmTelemetry = Static<typeof VmTelemetry>;

export const HostTelemetry = Type.Object(
  {
    host: Name,
    incarnation: Type.String(),
    sequence: Type.Integer(),
    timeNs: Type.Number(),
    intervalNs: Type.Number(),
    power: HostPower,
    cpus: Type.Integer(),
    instructionsPerSecond: Type.Integer(),
    memoryBytes: Type.Integer(),
    /** Committed to VMs (admission counts whole VMs), including those that are coming in. */
    committedBytes: Type.Integer(),
    /** Busy CPU time over all physical CPUs; utilisation = busyNs / (intervalNs × cpus). */
    busyNs: Type.Number(),
    /** How far the host was behind its clock at worst; live only, 0 in a replay. */
    lagNs: Type.Number(),
    vms: Type.Array(VmTelemetry),
  },
  strict,
);
export type HostTelemetry = Static<typeof HostTelemetry>;

export const hostTelemetryCodec = codec('host telemetry', HostTelemetry);

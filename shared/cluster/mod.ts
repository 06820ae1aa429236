// The front door of the cluster library: the state that policies see, who owns a VM, what hosts draw.

export { ClusterState, type HostShape } from './cluster-state.ts';
export { doubled, grown, NONE } from './columns.ts';
export { HostCursor, VmCursor } from './cursors.ts';
export { EnergyMeter, joulesToKilowattHours } from './energy-meter.ts';
export { type Claim, entitlements } from './entitlement.ts';
export { clusterErrors } from './errors.ts';
export { footprintBytes } from './footprint.ts';
export { HostColumns, HostState } from './host-columns.ts';
export { compareNames, hostCalled, vmCalled } from './names.ts';
export { nearestName } from './nearest-name.ts';
export { OWNERSHIP_ATTEMPTS_MAX, type Owned, Ownership, type OwnershipOutcome } from './ownership.ts';
export { POWER_MODEL_NAMES, powerModelNamed, wattsAt, wattsOf } from './power-model.ts';
export { TelemetryObserver } from './telemetry-observer.ts';
export { VmColumns, VmPhase } from './vm-columns.ts';

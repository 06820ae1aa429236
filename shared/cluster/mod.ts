// The front door of the cluster library: the state that policies see, who owns a VM, what hosts draw.

export { EnergyMeter, joulesToKilowattHours } from './energy-meter.ts';
export { clusterErrors } from './errors.ts';
export { nearestName } from './nearest-name.ts';
export { OWNERSHIP_ATTEMPTS_MAX, type Owned, Ownership, type OwnershipOutcome } from './ownership.ts';
export { POWER_MODEL_NAMES, powerModelNamed, wattsAt, wattsOf } from './power-model.ts';

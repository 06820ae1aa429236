export { PlacementArguments, placementArguments } from './arguments.ts';
export { placePending } from './place-pending.ts';

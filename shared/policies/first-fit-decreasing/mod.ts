export { PlacementArguments } from './arguments.ts';
export { placePending } from './first-fit-decreasing.ts';

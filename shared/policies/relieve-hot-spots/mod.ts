export { HotSpotArguments } from './arguments.ts';
export { HotHistory } from './hot-history.ts';
export { type HotSpot, hotSpots, relieveHotSpots } from './relieve-hot-spots.ts';

export { hotSpot } from './hot-spot.ts';

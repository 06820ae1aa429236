export { PowerArguments } from './arguments.ts';
export { switchOff } from './power-by-need.ts';

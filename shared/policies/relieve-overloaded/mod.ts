export { type ReliefArguments, relieveOverloaded } from './relieve-overloaded.ts';

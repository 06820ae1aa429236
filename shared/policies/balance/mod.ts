export { balance } from './balance.ts';

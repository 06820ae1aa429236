export { PLIC_SOURCES } from './persist.ts';
export * from './plic.ts';

export * from './plic.ts';

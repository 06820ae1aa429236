export * from './clint.ts';

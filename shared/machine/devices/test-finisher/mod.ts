export * from './test-finisher.ts';

export { bestFit } from './best-fit.ts';

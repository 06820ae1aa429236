export { worstFit } from './worst-fit.ts';

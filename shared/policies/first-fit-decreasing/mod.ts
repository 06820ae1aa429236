export { firstFitDecreasing } from './first-fit-decreasing.ts';

export { ConsolidateArguments, consolidate } from './consolidate.ts';

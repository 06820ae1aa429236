// Is a host over-utilised? The detectors of CloudSim: static threshold, interquartile range, median absolute deviation, and local
// regression, plain and robust. After `PowerVmAllocationPolicyMigrationStaticThreshold`, `…InterQuartileRange`, `…MedianAbsoluteDeviation`,
// `…LocalRegression` and `…LocalRegressionRobust`. The last two are one: in 3.0.3 the weights are applied only if at
// least 40 % of them are not positive, which never happens, so "local" and "robust" change nothing.

import type { HostDemand } from './host-demand.ts';
import { interquartileRangeInPlace, LineFit, medianAbsoluteDeviationInPlace } from './statistics.ts';
import { HISTORY_LENGTH } from './vm-table.ts';

export type DetectorName = 'thr' | 'iqr' | 'mad' | 'lr' | 'lrr';

export interface Detector {
  /** How many values of history it looks at. */
  readonly depth: number;
  /** With one more VM at the end of the list, or NO_VM. */
  isOver(demand: HostDemand, host: number, extraVm: number): boolean;
}

/** While a host has too little history. */
const FALLBACK_THRESHOLD = 0.7;
/** "Suggested as a safe value." */
const STATISTICS_LENGTH = 12;
const REGRESSION_LENGTH = 10;
/** The longest migration (27.84 s) in intervals, rounded up. */
const MIGRATION_INTERVALS = 1;

export function createDetector(name: DetectorName, parameter: number): Detector {
  switch (name) {
    case 'thr':
      return { depth: 0, isOver: (demand, host, extraVm) => demand.utilization(host, extraVm) > parameter };
    case 'iqr':
      return spreadDetector(parameter, interquartileRangeInPlace);
    case 'mad':
      return spreadDetector(parameter, medianAbsoluteDeviationInPlace);
    case 'lr':
    case 'lrr':
      return regressionDetector(parameter);
  }
}

function spreadDetector(safety: number, spreadInPlace: (values: Float64Array, count: number) => number): Detector {
  const history = new Float64Array(HISTORY_LENGTH);
  return {
    depth: HISTORY_LENGTH,
    isOver(demand, host, extraVm) {
      const utilization = demand.utilization(host, extraVm);
      const length = demand.historyLength(host, extraVm);
      if (length < STATISTICS_LENGTH) return utilization > FALLBACK_THRESHOLD;
      demand.copyHistory(history, host, extraVm);
      return utilization > 1 - safety * spreadInPlace(history, length);
    },
  };
}

function regressionDetector(safety: number): Detector {
  const history = new Float64Array(REGRESSION_LENGTH);
  const fit = new LineFit(REGRESSION_LENGTH);
  return {
    depth: REGRESSION_LENGTH,
    isOver(demand, host, extraVm) {
      if (demand.historyLength(host, extraVm) < REGRESSION_LENGTH) {
        return demand.utilization(host, extraVm) > FALLBACK_THRESHOLD;
      }
      demand.copyHistory(history, host, extraVm);
      return fit.predict(history, REGRESSION_LENGTH + MIGRATION_INTERVALS) * safety >= 1;
    },
  };
}

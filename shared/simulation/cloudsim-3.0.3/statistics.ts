// The statistics of the detectors, with the operations in the order of CloudSim's `MathUtil` and the parts of Apache Commons Math that it uses
// (`Percentile`, `SimpleRegression`), since a last bit can decide where a VM goes.

/** Of values[0..count); sorts them. Commons Math's percentile 50: position (n + 1) / 2, linear in between. */
export function medianInPlace(values: Float64Array, count: number): number {
  const sorted = values.subarray(0, count).sort();
  if (count === 1) return sorted[0]!;
  const position = (50 * (count + 1)) / 100;
  const floor = Math.floor(position);
  if (position >= count) return sorted[count - 1]!;
  const lower = sorted[floor - 1]!;
  return lower + (position - floor) * (sorted[floor]! - lower);
}

/** Median of the absolute distances from the median; overwrites `values`. */
export function medianAbsoluteDeviationInPlace(values: Float64Array, count: number): number {
  const median = medianInPlace(values, count);
  for (let index = 0; index < count; index++) values[index] = Math.abs(median - values[index]!);
  return medianInPlace(values, count);
}

/** Third less first quartile, by rounded rank; sorts `values`. */
export function interquartileRangeInPlace(values: Float64Array, count: number): number {
  const sorted = values.subarray(0, count).sort();
  const rank = (share: number): number => Math.floor(share * (count + 1) + 0.5) - 1;
  return sorted[rank(0.75)]! - sorted[rank(0.25)]!;
}

/** Least squares over points (1, y), (2, y) …, by running means; the part that depends on x only is worked out once. */
export class LineFit {
  readonly #length: number;
  readonly #distances: Float64Array;
  readonly #weights: Float64Array;
  readonly #sumXX: number;
  readonly #sumX: number;

  constructor(length: number) {
    this.#length = length;
    this.#distances = new Float64Array(length);
    this.#weights = new Float64Array(length);
    let mean = 1;
    let sumXX = 0;
    let sumX = 1;
    for (let n = 1; n < length; n++) {
      const x = n + 1;
      const distance = x - mean;
      const weight = n / (1 + n);
      this.#distances[n] = distance;
      this.#weights[n] = weight;
      sumXX += distance * distance * weight;
      mean += distance / (1 + n);
      sumX += x;
    }
    this.#sumXX = sumXX;
    this.#sumX = sumX;
  }

  /** The line's value at x. `newestFirst[length - 1]` is at x = 1. */
  predict(newestFirst: Float64Array, x: number): number {
    const length = this.#length;
    let sumY = newestFirst[length - 1]!;
    let mean = sumY;
    let sumXY = 0;
    for (let n = 1; n < length; n++) {
      const y = newestFirst[length - 1 - n]!;
      const distance = y - mean;
      sumXY += this.#distances[n]! * distance * this.#weights[n]!;
      mean += distance / (1 + n);
      sumY += y;
    }
    const slope = sumXY / this.#sumXX;
    return (sumY - slope * this.#sumX) / length + slope * x;
  }
}

// The coefficient of determination of one series on others, by ordinary least squares with an intercept: a Householder QR
// decomposition with the operations in the order of Commons Math's `OLSMultipleLinearRegression` and `QRDecomposition`, because the selection by
// maximum correlation compares values that differ in their last bits.

/**
 * R² of series[dependent] on all others, over `length` samples; null where Commons Math refuses: fewer samples than
 * coefficients, no other series, or a column that is exactly a combination of those before.
 */
export function coefficientOfDetermination(
  series: readonly Float64Array[],
  dependent: number,
  length: number,
): number | null {
  const others = series.filter((_, index) => index !== dependent);
  if (others.length === 0 || length === 0 || others.length + 1 > length) return null;
  const columns = [new Float64Array(length).fill(1), ...others.map((each) => each.slice(0, length))];
  const y = series[dependent]!.subarray(0, length);
  const coefficients = solve(
    columns.map((column) => column.slice()),
    y.slice(),
  );
  if (coefficients === null) return null;
  return 1 - residualSquares(columns, coefficients, y) / totalSquares(y);
}

/** Overwrites both. */
function solve(columns: readonly Float64Array[], y: Float64Array): Float64Array | null {
  const diagonal = decompose(columns, y.length);
  if (diagonal.some((each) => Math.abs(each) <= 0)) return null;
  for (const [minor, column] of columns.entries()) {
    let product = 0;
    for (let row = minor; row < y.length; row++) product += y[row]! * column[row]!;
    product /= diagonal[minor]! * column[minor]!;
    for (let row = minor; row < y.length; row++) y[row]! += product * column[row]!;
  }
  const solution = new Float64Array(columns.length);
  for (let row = columns.length - 1; row >= 0; row--) {
    y[row]! /= diagonal[row]!;
    solution[row] = y[row]!;
    for (let above = 0; above < row; above++) y[above]! -= solution[row]! * columns[row]![above]!;
  }
  return solution;
}

/** Householder reflections in place; the diagonal of R. */
function decompose(columns: readonly Float64Array[], length: number): Float64Array {
  const diagonal = new Float64Array(columns.length);
  for (const [minor, column] of columns.entries()) {
    let squares = 0;
    for (let row = minor; row < length; row++) squares += column[row]! * column[row]!;
    const a = column[minor]! > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    diagonal[minor] = a;
    if (a === 0) continue;
    column[minor]! -= a;
    for (let later = minor + 1; later < columns.length; later++) {
      const other = columns[later]!;
      let alpha = 0;
      for (let row = minor; row < length; row++) alpha -= other[row]! * column[row]!;
      alpha /= a * column[minor]!;
      for (let row = minor; row < length; row++) other[row]! -= alpha * column[row]!;
    }
  }
  return diagonal;
}

function residualSquares(columns: readonly Float64Array[], coefficients: Float64Array, y: Float64Array): number {
  let squares = 0;
  for (let row = 0; row < y.length; row++) {
    let predicted = 0;
    for (const [index, column] of columns.entries()) predicted += column[row]! * coefficients[index]!;
    const residual = y[row]! - predicted;
    squares += residual * residual;
  }
  return squares;
}

/** The second moment about the mean, by running means. */
function totalSquares(y: Float64Array): number {
  let mean = 0;
  let squares = 0;
  for (const [index, value] of y.entries()) {
    const deviation = value - mean;
    const part = deviation / (index + 1);
    mean += part;
    squares += index * deviation * part;
  }
  return squares;
}

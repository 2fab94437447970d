/** What a sample is like. Figures that need more values than there are, are absent. */
export interface Description {
  count: number;
  mean?: number;
  /** Standard deviation of the sample, divisor n − 1. */
  sd?: number;
  min?: number;
  p5?: number;
  q1?: number;
  median?: number;
  q3?: number;
  max?: number;
}

/** Count, mean, spread and percentiles (`percentile`) of a sample. */
export function describeSample(values: readonly number[]): Description {
  if (values.length === 0) return { count: 0 };
  const rising = values.toSorted((a, b) => a - b);
  const sd = standardDeviation(values);
  return {
    count: values.length,
    mean: mean(values),
    ...(sd !== undefined && { sd }),
    min: rising[0],
    p5: percentile(rising, 5),
    q1: percentile(rising, 25),
    median: percentile(rising, 50),
    q3: percentile(rising, 75),
    max: rising[rising.length - 1],
  };
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample, divisor n − 1; undefined of fewer than two values. */
export function standardDeviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** Linear between the two nearest ranks: type 7 of Hyndman and Fan 1996 (Am Stat 50:361), as R and NumPy have it by default. @param rising at least one value */
export function percentile(rising: ArrayLike<number>, percent: number): number {
  const rank = (percent / 100) * (rising.length - 1);
  const below = Math.floor(rank);
  return rising[below] + (rank - below) * (rising[Math.min(below + 1, rising.length - 1)] - rising[below]);
}

export function median(values: readonly number[]): number {
  return percentile(values.toSorted((a, b) => a - b), 50);
}

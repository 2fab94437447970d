import { mean, median, standardDeviation } from './describe.ts';
import type { Interval } from './bootstrap.ts';
import { normalQuantile } from './normal.ts';

/** How far the test measures beside the reference. */
export interface Agreement {
  /** Mean of test − reference. */
  bias: number;
  /** Bias ± 1.96 standard deviations: where 95 % of the differences lie, if they are normal. */
  limits: Interval;
}

export interface Slope {
  slope: number;
  interval: Interval;
}

const LEAST_PAIRS = 5;

/** Bland and Altman 1986 (Lancet 327:307). @returns undefined of fewer than five pairs */
export function blandAltman(reference: readonly number[], test: readonly number[]): Agreement | undefined {
  const differences = test.map((value, index) => value - reference[index]);
  const sd = standardDeviation(differences);
  if (sd === undefined || differences.length < LEAST_PAIRS) return undefined;
  const bias = mean(differences);
  return { bias, limits: { low: bias - 1.96 * sd, high: bias + 1.96 * sd } };
}

/**
 * Median slope of all pairs of points (Theil–Sen) with its 95 % interval (Sen 1968, J Am Stat Assoc 63:1379): a few wild cases do not turn it.
 * @returns undefined of fewer than five points, or where all have one x
 */
export function theilSen(x: readonly number[], y: readonly number[]): Slope | undefined {
  if (x.length < LEAST_PAIRS) return undefined;
  const slopes: number[] = [];
  for (let i = 0; i < x.length; i++) for (let j = 0; j < i; j++) if (x[i] !== x[j]) slopes.push((y[i] - y[j]) / (x[i] - x[j]));
  if (slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  const n = x.length;
  const terms = (count: number): number => count * (count - 1) * (2 * count + 5);
  const ties = (values: readonly number[]): number => [...new Set(values)].reduce((sum, value) => sum + terms(values.filter((other) => other === value).length), 0);
  const sd = Math.sqrt((terms(n) - ties(x) - ties(y)) / 18);
  const reach = -normalQuantile(0.025) * sd;
  const at = (rank: number): number => slopes[Math.min(Math.max(rank, 0), slopes.length - 1)];
  return { slope: median(slopes), interval: { low: at(roundHalfEven((slopes.length - reach) / 2) - 1), high: at(roundHalfEven((slopes.length + reach) / 2)) } };
}

/** As SciPy rounds ranks. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

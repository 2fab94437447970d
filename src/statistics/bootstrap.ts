import { mean, percentile } from './describe.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { wholeNumbers } from './random.ts';

export interface Interval {
  low: number;
  high: number;
}

/**
 * `bca`: bias corrected and accelerated (Efron 1987, J Am Stat Assoc 82:171), for smooth statistics of skewed samples as a mean of DSC.
 * `percentile`: of the replicates as they are, for medians, whose jackknife says nothing.
 */
export type BootstrapMethod = 'bca' | 'percentile';

export const BOOTSTRAP = { replicates: 10_000, seed: 20_150_114, confidence: 0.95 } as const;

/** Fewer values than these show no spread to draw from. */
const LEAST_VALUES = 5;

/**
 * Confidence interval of a statistic, by `BOOTSTRAP.replicates` draws with replacement: the same sample gives the same interval.
 * @returns undefined of fewer than five values
 */
export function bootstrapInterval(sample: readonly number[], statistic: (values: readonly number[]) => number, method: BootstrapMethod): Interval | undefined {
  if (sample.length < LEAST_VALUES) return undefined;
  const rising = Float64Array.from(replicatesOf(sample, statistic)).sort();
  const alpha = (1 - BOOTSTRAP.confidence) / 2;
  const shares = method === 'bca' ? correctedShares(sample, statistic, rising, [alpha, 1 - alpha]) : [alpha, 1 - alpha];
  return { low: percentile(rising, 100 * shares[0]), high: percentile(rising, 100 * shares[1]) };
}

function* replicatesOf(sample: readonly number[], statistic: (values: readonly number[]) => number): Generator<number> {
  const next = wholeNumbers(BOOTSTRAP.seed);
  const drawn = new Array<number>(sample.length);
  for (let replicate = 0; replicate < BOOTSTRAP.replicates; replicate++) {
    // The remainder favours low indices by less than n / 2³².
    for (let n = 0; n < drawn.length; n++) drawn[n] = sample[next() % sample.length];
    yield statistic(drawn);
  }
}

/** The shares of the replicates between which the interval lies; those asked for where all values are alike, which leaves nothing to correct. */
function correctedShares(sample: readonly number[], statistic: (values: readonly number[]) => number, rising: Float64Array, shares: readonly [number, number]): readonly [number, number] {
  const observed = statistic(sample);
  const [below, upTo] = [rising.filter((value) => value < observed).length, rising.filter((value) => value <= observed).length];
  const bias = normalQuantile((below + upTo) / (2 * rising.length));
  const left = sample.map((_, out) => statistic(sample.filter((__, index) => index !== out)));
  const middle = mean(left);
  const [squares, cubes] = [2, 3].map((power) => left.reduce((sum, value) => sum + (middle - value) ** power, 0));
  if (squares === 0 || !Number.isFinite(bias)) return shares;
  const acceleration = cubes / (6 * squares ** 1.5);
  const corrected = (share: number): number => {
    const z = bias + normalQuantile(share);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
  return [corrected(shares[0]), corrected(shares[1])];
}

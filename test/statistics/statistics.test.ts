import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { baselineLimits, blandAltman, bootstrapInterval, controlLimits, describeSample, holm, mean, median, nelsonSignals, percentile, shareLimits, theilSen, wilcoxonSignedRank } from '../../src/statistics/index.ts';
import { normalCdf, normalQuantile, upperTail } from '../../src/statistics/normal.ts';

interface Golden {
  samples: { name: string; values: number[]; mean: number; sd: number; p5: number; q1: number; median: number; q3: number; bcaOfMean: { low: number; high: number }; percentileOfMedian: { low: number; high: number } }[];
  signedRanks: { name: string; differences: number[]; least: number; p: number; isExact: boolean }[];
  holm: { p: number[]; corrected: number[] }[];
  slopes: { x: number[]; y: number[]; slope: number; low: number; high: number }[];
  normal: { z: number[]; below: number[]; above: number[]; shares: number[]; quantiles: number[] };
}

/** Figures of NumPy 2.4.6, SciPy 1.17.1 and statsmodels 0.15.0; made by training/peer_statistics.py, which says how. */
const golden = JSON.parse(readFileSync(new URL('./golden/statistics.json', import.meta.url), 'utf8')) as Golden;

const RELATIVE = 1e-11;

function expectClose(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(Math.abs(expected) * RELATIVE + 1e-15);
}

describe.each(golden.samples)('the sample "$name"', ({ values, bcaOfMean, percentileOfMedian, ...expected }) => {
  it('is described as NumPy describes it', () => {
    const found = describeSample(values);
    for (const figure of ['mean', 'sd', 'p5', 'q1', 'median', 'q3'] as const) expectClose(found[figure], expected[figure]);
    expect(found).toMatchObject({ count: values.length, min: Math.min(...values), max: Math.max(...values) });
  });

  it('has the BCa interval of SciPy for its mean', () => {
    const found = bootstrapInterval(values, mean, 'bca');
    expectClose(found?.low, bcaOfMean.low);
    expectClose(found?.high, bcaOfMean.high);
  });

  it('has the percentile interval of SciPy for its median', () => {
    const found = bootstrapInterval(values, median, 'percentile');
    expectClose(found?.low, percentileOfMedian.low);
    expectClose(found?.high, percentileOfMedian.high);
  });
});

describe('samples too small or all alike', () => {
  it('have no figure that they cannot have', () => {
    expect(describeSample([])).toEqual({ count: 0 });
    expect(describeSample([0.5])).toEqual({ count: 1, mean: 0.5, min: 0.5, p5: 0.5, q1: 0.5, median: 0.5, q3: 0.5, max: 0.5 });
    expect(bootstrapInterval([1, 2, 3, 4], mean, 'bca')).toBeUndefined();
    expect(percentile([1, 2], 100)).toBe(2);
  });

  it('have an interval without width where no value differs', () => {
    expect(bootstrapInterval([0.5, 0.5, 0.5, 0.5, 0.5], mean, 'bca')).toEqual({ low: 0.5, high: 0.5 });
  });
});

describe('the signed rank test', () => {
  it.each(golden.signedRanks)('gives the p of SciPy: $name', ({ differences, least, p, isExact }) => {
    const found = wilcoxonSignedRank(differences);
    expect(Math.min(found?.positive ?? NaN, found?.negative ?? NaN)).toBe(least);
    expectClose(found?.p, p);
    expect(found?.method).toBe(isExact ? 'exact' : 'normal approximation');
  });

  it('says nothing where nothing differs', () => {
    expect(wilcoxonSignedRank([0, 0, 0])).toBeUndefined();
    expect(wilcoxonSignedRank([])).toBeUndefined();
  });

  it('gives the same p whichever version comes first', () => {
    for (const { differences } of golden.signedRanks) expect(wilcoxonSignedRank(differences.map((difference) => -difference))?.p).toBe(wilcoxonSignedRank(differences)?.p);
  });
});

describe('Holm', () => {
  it.each(golden.holm)('corrects as statsmodels does: $p', ({ p, corrected }) => {
    holm(p).forEach((value, index) => { expectClose(value, corrected[index]); });
  });
});

describe('bias', () => {
  it.each(golden.slopes)('has the slope and interval of SciPy', ({ x, y, slope, low, high }) => {
    const found = theilSen(x, y);
    expectClose(found?.slope, slope);
    expectClose(found?.interval.low, low);
    expectClose(found?.interval.high, high);
  });

  it('has limits of 1.96 standard deviations', () => {
    const found = blandAltman([1, 2, 3, 4, 5], [2, 2, 4, 4, 6]);
    expectClose(found?.bias, 0.6);
    expectClose(found?.limits.high, 0.6 + 1.96 * Math.sqrt(0.3));
    expect(blandAltman([1], [2])).toBeUndefined();
  });

  it('has no slope where all have one volume', () => {
    expect(theilSen([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])).toBeUndefined();
  });
});

describe('control limits', () => {
  it('lie 2.66 mean moving ranges beside the mean', () => {
    const values = [10, 12, 10, 12, 10, 12, 10, 12, 10, 12];
    const found = controlLimits(values);
    expectClose(found?.low, 11 - 2.66 * 2);
    expectClose(found?.high, 11 + 2.66 * 2);
    expect(controlLimits(values.slice(1))).toBeUndefined();
  });
});

describe('a control chart', () => {
  const limits = { centre: 10, low: 7, high: 13 };
  const rulesAt = (values: readonly number[]): Record<number, number[]> => Object.fromEntries(nelsonSignals(values, limits).map((rules, index) => [index, rules] as const).filter(([, rules]) => rules.length > 0));

  it('tells values beyond the limits, on either side, and none at a limit', () => {
    expect(rulesAt([10, 13.01, 10, 6.99, 10, 13, 7])).toEqual({ 1: [1], 3: [1] });
  });

  it('tells nine in a row on one side, not eight, and a value at the centre ends the row', () => {
    expect(rulesAt([11, 12, 11, 12, 11, 12, 11, 12, 9])).toEqual({});
    expect(rulesAt([11, 12, 11, 12, 11, 12, 11, 12, 11, 12, 9])).toEqual({ 8: [2], 9: [2] });
    expect(rulesAt([11, 12, 11, 12, 10, 12, 11, 12, 11, 12])).toEqual({});
  });

  it('tells six in a row that rise or fall, not five, and equal values end the row', () => {
    expect(rulesAt([9, 9.5, 10.5, 11, 11.5, 11])).toEqual({});
    expect(rulesAt([9, 9.5, 10.5, 11, 11.5, 12])).toEqual({ 5: [3] });
    expect(rulesAt([12, 11.5, 11, 9.5, 9, 8.5, 8])).toEqual({ 5: [3], 6: [3] });
    expect(rulesAt([9, 9.5, 9.5, 11, 11.5, 12])).toEqual({});
  });

  it('has limits by its first values alone, and none where there are fewer or they do not vary', () => {
    const first = [10, 12, 10, 12, 10, 12, 10, 12, 10, 12];
    expect(baselineLimits([...first, 90, 95], 10)).toEqual(controlLimits(first));
    expect(baselineLimits(first, 11)).toBeUndefined();
    expect(baselineLimits(Array.from({ length: 20 }, () => 1), 10)).toBeUndefined();
  });

  it('of shares takes one case in ten for no signal where there was none before, and three for one', () => {
    const { centre, high } = shareLimits(0, 20, 10);
    expectClose(centre, 1 / 22);
    expectClose(high, 1 / 22 + 3 * Math.sqrt((1 / 22) * (21 / 22) / 10));
    expect([0.1 > high, 0.3 > high]).toEqual([false, true]);
  });
});

describe('the normal distribution', () => {
  it('is that of SciPy, in the tails too', () => {
    const { z, below, above, shares, quantiles } = golden.normal;
    z.forEach((value, index) => {
      expectClose(normalCdf(value), below[index]);
      expectClose(upperTail(value), above[index]);
    });
    shares.forEach((share, index) => { expectClose(normalQuantile(share), quantiles[index]); });
  });
});

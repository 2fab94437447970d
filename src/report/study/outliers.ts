import type { Thresholds } from '../../goals/index.ts';
import { percentile } from '../../statistics/index.ts';
import { countedDsc, counts, passes, type CaseResult } from './counted.ts';
import type { Outlier } from './studyReport.ts';

/** Tukey's fences: values farther than this many interquartile ranges beyond the quartiles. */
const FENCE = 1.5;

/** Below this there are no quartiles to speak of. */
const LEAST_CASES = 5;

/** The cases of one structure that a person should look at, with the reasons; the lowest DSC first. */
export function findOutliers(results: readonly CaseResult[], thresholds: Thresholds): Outlier[] {
  const counted = results.filter(counts);
  const found = counted.filter(({ outcome }) => outcome === 'found');
  const low = fences(found.map(countedDsc))?.low ?? -Infinity;
  const high = fences(found.flatMap(({ hd95Mm }) => hd95Mm ?? []))?.high ?? Infinity;
  return counted.flatMap((result): Outlier[] => {
    const { id, name, outcome, hd95Mm } = result;
    const dsc = countedDsc(result);
    const reasons = outcome === 'found'
      ? [
          ...(dsc < low ? ['DSC below Q1 − 1.5 IQR'] : []),
          ...((hd95Mm ?? 0) > high ? ['HD95 above Q3 + 1.5 IQR'] : []),
          ...(passes(thresholds, result) ? [] : [SHORT]),
        ]
      : [outcome];
    return reasons.length === 0 ? [] : [{ id, name, reasons, dscCounted: dsc, ...(hd95Mm !== undefined && { hd95Mm }) }];
  }).sort((a, b) => a.dscCounted - b.dscCounted);
}

/** Why a case is named that lies inside the fences. */
export const SHORT = 'short of the threshold';

function fences(values: readonly number[]): { low: number; high: number } | undefined {
  if (values.length < LEAST_CASES) return undefined;
  const rising = values.toSorted((a, b) => a - b);
  const [q1, q3] = [percentile(rising, 25), percentile(rising, 75)];
  return { low: q1 - FENCE * (q3 - q1), high: q3 + FENCE * (q3 - q1) };
}

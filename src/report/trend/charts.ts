import { baselineLimits, nelsonSignals, shareLimits, type ControlLimits } from '../../statistics/index.ts';
import type { Measure, TrendChart, TrendPoint, TrendSegment } from './trendReport.ts';

/** A value with what it came from. */
export interface TimedValue extends Omit<TrendPoint, 'rules'> {
  model: string;
}

/**
 * Measures on whose logarithm limits are computed: volumes differ between patients by factors, and have no negative limit so. DSC and HD95 are often 1 and 0 where nothing
 * was corrected, and have no such scale.
 */
const BY_FACTORS: ReadonlySet<Measure> = new Set(['volumeCc']);

/** What a value cannot be below or above: a limit that nothing could pass is none. */
const RANGE: Readonly<Record<Measure, readonly [number, number]>> = { volumeCc: [0, Infinity], notFoundShare: [0, 1], dsc: [0, 1], hd95Mm: [0, Infinity] };

/** Values in the order in which they came as a chart of individuals, with limits of each version of a model of its own. */
export function chartOf(measure: Measure, values: readonly TimedValue[], baseline: number): TrendChart {
  const scale = BY_FACTORS.has(measure) ? { to: Math.log, from: Math.exp } : { to: (value: number) => value, from: (value: number) => value };
  return assembled(measure, segmentsOf(values).map((segment) => {
    const scaled = segment.map(({ value }) => scale.to(value));
    const limits = baselineLimits(scaled, baseline);
    const shown = limits && { centre: scale.from(limits.centre), low: scale.from(limits.low), high: scale.from(limits.high) };
    return { values: segment, rules: limits ? nelsonSignals(scaled, limits) : [], limits: shown, reason: segment.length < baseline ? `${segment.length} of ${baseline} values` : `the first ${baseline} values are all the same` };
  }));
}

/** How often something is so (value 1, else 0), in blocks of as many cases; what is left over of a version waits for more. */
export function shareChart(measure: Measure, values: readonly TimedValue[], baseline: number, block: number): TrendChart {
  return assembled(measure, segmentsOf(values).flatMap((segment) => {
    const blocks = Array.from({ length: Math.floor(segment.length / block) }, (_, index) => segment.slice(index * block, (index + 1) * block));
    if (blocks.length === 0) return [];
    const shares = blocks.map((cases) => ({ ...cases[cases.length - 1], value: sum(cases) / block }));
    const limits = segment.length < baseline ? undefined : shareLimits(sum(segment.slice(0, baseline)), baseline, block);
    return [{ values: shares, rules: limits ? nelsonSignals(shares.map(({ value }) => value), limits) : [], limits, reason: `${segment.length} of ${baseline} cases` }];
  }));
}

function sum(values: readonly TimedValue[]): number {
  return values.reduce((total, { value }) => total + value, 0);
}

/** Values in a row of the same model. */
function segmentsOf(values: readonly TimedValue[]): TimedValue[][] {
  const segments: TimedValue[][] = [];
  for (const value of values) {
    const last = segments.at(-1);
    if (last?.[0].model === value.model) last.push(value);
    else segments.push([value]);
  }
  return segments;
}

interface Assembled {
  values: readonly TimedValue[];
  /** One for each value, or none where there are no limits. */
  rules: readonly TrendPoint['rules'][];
  limits: ControlLimits | undefined;
  /** Why there are no limits. */
  reason: string;
}

function assembled(measure: Measure, parts: readonly Assembled[]): TrendChart {
  const [least, most] = RANGE[measure];
  let from = 0;
  const segments = parts.map(({ values, limits, reason }): TrendSegment => {
    const segment = { model: values[0].model, from, count: values.length };
    from += values.length;
    return limits === undefined ? { ...segment, reason } : { ...segment, limits: { centre: limits.centre, ...(limits.low > least && { low: limits.low }), ...(limits.high < most && { high: limits.high }) } };
  });
  return { measure, segments, points: parts.flatMap(({ values, rules }) => values.map(({ at, sopInstanceUid, value, protocol, scanner }, index) => ({ at, sopInstanceUid, value, protocol, ...(scanner !== undefined && { scanner }), rules: rules[index] ?? [] }))) };
}

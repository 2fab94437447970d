import { mean } from './describe.ts';

/** Limits of an individuals chart. */
export interface ControlLimits {
  centre: number;
  low: number;
  high: number;
}

/** 3 / d₂ of ranges of two values, d₂ = 1.128 (ISO 7870-2, individuals chart). */
const RANGE_FACTOR = 2.66;

/** Fewer values than these do not say how much a process varies. */
const LEAST_VALUES = 10;

/** Mean ± 2.66 · mean moving range of values in the order in which they came. @returns undefined of fewer than ten values */
export function controlLimits(values: readonly number[]): ControlLimits | undefined {
  if (values.length < LEAST_VALUES) return undefined;
  const centre = mean(values);
  const reach = RANGE_FACTOR * mean(values.slice(1).map((value, index) => Math.abs(value - values[index])));
  return { centre, low: centre - reach, high: centre + reach };
}

import { controlLimits, type ControlLimits } from './controlLimits.ts';

/** Rules by which values on a control chart call for a look, by their numbers in Nelson 1984 (J Qual Technol 16:237); the first two are as old as Western Electric 1956, there with eight values for the second. */
export const NELSON_RULES = {
  1: 'beyond the limits (3 σ)',
  2: 'nine in a row on one side of the centre',
  3: 'six in a row that rise, or fall',
} as const;

export type NelsonRule = keyof typeof NELSON_RULES;

const SIDE_RUN = 9;
const TREND_RUN = 6;

/** For each value, in the order in which they came, the rules that it fulfils as the last of those concerned. */
export function nelsonSignals(values: readonly number[], { centre, low, high }: ControlLimits): NelsonRule[][] {
  let [side, sideRun, direction, trendRun] = [0, 0, 0, 1];
  return values.map((value, index) => {
    const ofValue = Math.sign(value - centre);
    sideRun = ofValue !== 0 && ofValue === side ? sideRun + 1 : Math.abs(ofValue);
    side = ofValue;
    const turn = index === 0 ? 0 : Math.sign(value - values[index - 1]);
    trendRun = turn === 0 ? 1 : turn === direction ? trendRun + 1 : 2;
    direction = turn;
    return [
      ...(value < low || value > high ? [1 as const] : []),
      ...(sideRun >= SIDE_RUN ? [2 as const] : []),
      ...(trendRun >= TREND_RUN ? [3 as const] : []),
    ];
  });
}

/** Limits by the first values of a process; undefined while there are fewer of them, or where they do not vary. @param baseline at least 10 */
export function baselineLimits(values: readonly number[], baseline: number): ControlLimits | undefined {
  const limits = values.length < baseline ? undefined : controlLimits(values.slice(0, baseline));
  return limits !== undefined && limits.high > limits.low ? limits : undefined;
}

/**
 * Limits of the share of `size` cases in which something happens (p chart, ISO 7870-2), by how often it did in a baseline. The share is taken as
 * (happened + 1) / (cases + 2) (Laplace), lest one case be a signal where it had never happened.
 */
export function shareLimits(happened: number, cases: number, size: number): ControlLimits {
  const centre = (happened + 1) / (cases + 2);
  const reach = 3 * Math.sqrt((centre * (1 - centre)) / size);
  return { centre, low: centre - reach, high: centre + reach };
}

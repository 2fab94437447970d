import { goalOf } from './accuracyGoals.ts';

/** Figures of a pair that can be judged, and whether more of them is better. */
export const JUDGED_FIGURES = { dsc: 'least', surfaceDsc: 'least', hd95Mm: 'most', pooledHd95Mm: 'most', msdMm: 'most', addedPathMm: 'most', addedPathShare: 'most', centroidShiftMm: 'most' } as const;

export type JudgedFigure = keyof typeof JUDGED_FIGURES;

/** From where on a figure passes, and from where on it fails; between the two somebody has to look. Without `fail` it never fails by its size. */
export interface Threshold {
  pass: number;
  fail?: number | undefined;
}

export type Thresholds = Readonly<Partial<Record<JudgedFigure, Threshold>>>;

/** Whether a figure passes, calls for a look, or fails: at a threshold itself it passes. */
export function judge(figure: JudgedFigure, value: number, { pass, fail }: Threshold): 'pass' | 'look' | 'fail' {
  const better = JUDGED_FIGURES[figure] === 'least' ? 1 : -1;
  if ((value - pass) * better >= 0) return 'pass';
  return fail !== undefined && (value - fail) * better < 0 ? 'fail' : 'look';
}

/**
 * The goal of a structure as thresholds; undefined where it has none. A goal is one for the mean over cases: a single case that
 * falls short of it calls for a look and no more.
 */
export function goalThresholds(structure: string): Thresholds | undefined {
  const goal = goalOf(structure);
  return goal && { ...(goal.dsc !== undefined && { dsc: { pass: goal.dsc } }), ...(goal.msdMm !== undefined && { msdMm: { pass: goal.msdMm } }) };
}

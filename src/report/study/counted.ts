import { judge, type JudgedFigure, type Thresholds } from '../../goals/index.ts';
import { mean } from '../../statistics/index.ts';
import type { StructureResult, StudyCase } from './studyReport.ts';

/** Shares, of which a failure has 0; of distances it has none. */
const SHARES: ReadonlySet<JudgedFigure> = new Set(['dsc', 'surfaceDsc']);

/** The result of one structure in one case. */
export interface CaseResult extends StructureResult {
  id: string;
}

/** The results of a structure, in the order of the cases. */
export function resultsOf(cases: readonly StudyCase[], name: string): CaseResult[] {
  return cases.flatMap(({ id, structures }) => structures.filter((result) => result.name === name).map((result) => ({ ...result, id })));
}

/** Whether a result counts: what neither side holds and slivers do not. */
export function counts({ outcome }: StructureResult): boolean {
  return outcome === 'found' || outcome === 'missed' || outcome === 'invented';
}

/** DSC, 0 where one side alone holds the structure: a failure must not leave the mean. */
export function countedDsc({ outcome, dsc }: StructureResult): number {
  return outcome === 'found' ? dsc ?? 0 : 0;
}

/** Whether one case passes by itself. */
export function passes(thresholds: Thresholds, result: StructureResult): boolean {
  return result.outcome === 'found' && judgedBy(thresholds).every(([figure, threshold]) => judge(figure, result[figure] ?? NaN, threshold) === 'pass');
}

/** Whether the mean over the cases that count passes: failures as 0 of a share, and no failure at all where the figure is a distance. */
export function meanPasses(thresholds: Thresholds, counted: readonly StructureResult[]): boolean {
  return judgedBy(thresholds).every(([figure, threshold]) => {
    const values = counted.map(({ outcome, [figure]: value }) => (outcome === 'found' ? value ?? NaN : SHARES.has(figure) ? 0 : NaN));
    return judge(figure, mean(values), threshold) === 'pass';
  });
}

function judgedBy(thresholds: Thresholds): [JudgedFigure, NonNullable<Thresholds[JudgedFigure]>][] {
  return Object.entries(thresholds) as [JudgedFigure, NonNullable<Thresholds[JudgedFigure]>][];
}

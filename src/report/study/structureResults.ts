import { leastScoredCc } from '../../goals/index.ts';
import { surfaceTolerance } from '../../metrics/index.ts';
import type { Comparison, NamedMask } from '../comparison.ts';
import { STUDY_FIGURES, type StructureResult } from './studyReport.ts';

/**
 * What a comparison says of each structure of either set, in the comparison's order.
 * @param withheld why structures were not found, by name, where whatever contoured said so
 */
export function structureResults(comparison: Comparison, reference: readonly NamedMask[], test: readonly NamedMask[], withheld: ReadonlyMap<string, string> = new Map()): StructureResult[] {
  const volumes = ([reference, test] as const).map((set) => new Map(set.map(({ name, mask }) => [name, mask.volumeCc])));
  const measured = new Map(comparison.structures.map((structure) => [structure.name, structure]));
  return [...new Set([...reference, ...test].map(({ name }) => name))].map((name) => {
    const [referenceCc, testCc] = volumes.map((volume) => volume.get(name) ?? 0);
    const pair = measured.get(name);
    const outcome = outcomeOf(name, referenceCc, testCc);
    const reason = outcome === 'missed' ? withheld.get(name) : undefined;
    const figures = pair === undefined ? {} : Object.fromEntries(STUDY_FIGURES.flatMap((figure) => (pair[figure] === undefined ? [] : [[figure, pair[figure]]])));
    return { name, outcome, ...(reason !== undefined && { reason }), referenceCc, testCc, toleranceMm: pair?.toleranceMm ?? surfaceTolerance(name).mm, ...figures };
  });
}

function outcomeOf(name: string, referenceCc: number, testCc: number): StructureResult['outcome'] {
  if (referenceCc === 0) return testCc === 0 ? 'absent' : 'invented';
  if (referenceCc < leastScoredCc(name)) return 'too small';
  return testCc === 0 ? 'missed' : 'found';
}

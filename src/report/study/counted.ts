import type { StructureResult, StudyCase } from './studyReport.ts';

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

import { csvOf } from '../csv.ts';
import { countedDsc, counts } from './counted.ts';
import { STUDY_FIGURES, type StudyReport } from './studyReport.ts';

/** Every structure of every case, a row each, by RFC 4180; the facts of the cases stand in columns of their own. */
export function studyCsv({ cases }: StudyReport): string {
  const facts = [...new Set(cases.flatMap((one) => Object.keys(one.facts)))];
  const header = ['case', ...facts, 'structure', 'outcome', 'reason', 'referenceCc', 'testCc', 'toleranceMm', 'dscCounted', ...STUDY_FIGURES];
  const rows = cases.flatMap(({ id, facts: own, structures }) => structures.map((result) => [
    id,
    ...facts.map((fact) => own[fact] ?? ''),
    result.name,
    result.outcome,
    result.reason ?? '',
    result.referenceCc,
    result.testCc,
    result.toleranceMm,
    counts(result) ? countedDsc(result) : '',
    ...STUDY_FIGURES.map((figure) => result[figure] ?? ''),
  ]));
  return csvOf([header, ...rows]);
}

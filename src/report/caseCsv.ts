import { definitions, type Figure } from '../metrics/index.ts';
import type { CaseReport, CaseStructure } from './caseReport.ts';
import { csvOf } from './csv.ts';

const figures = Object.keys(definitions) as Figure[];

const columns: readonly (readonly [title: string, of: (structure: CaseStructure) => string | number | undefined])[] = [
  ['structure', ({ name }) => name],
  ['testName', ({ testName }) => testName],
  ['presence', ({ presence }) => presence],
  ['verdict', ({ verdict }) => verdict],
  ['reason', ({ reason }) => reason],
  ['referenceCc', ({ referenceCc }) => referenceCc],
  ['testCc', ({ testCc }) => testCc],
  ['toleranceMm', ({ metrics }) => metrics?.toleranceMm],
  ['addedPathToleranceMm', ({ metrics }) => metrics?.addedPathToleranceMm],
  ...figures.map((name) => [name, ({ metrics }: CaseStructure) => metrics?.figures[name]] as const),
];

/** The structures of a case as a table for spreadsheets (RFC 4180), all digits, a field without a value empty. */
export function caseCsv({ structures }: CaseReport): string {
  return csvOf([columns.map(([title]) => title), ...structures.map((structure) => columns.map(([, of]) => of(structure)))]);
}

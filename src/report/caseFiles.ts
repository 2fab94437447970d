import type { Volume } from '../geometry/index.ts';
import { caseCsv } from './caseCsv.ts';
import type { CaseReport } from './caseReport.ts';
import type { NamedMask } from './comparison.ts';
import { comparisonPictures, type ComparisonPicture } from './comparisonPictures.ts';

/** Names and contents of the files of a report. */
export type CaseFiles = Readonly<Record<'report.html' | 'report.json' | 'report.csv', string>>;

/**
 * The report of a case as files: a page, the data that it shows, and a table.
 * @param masks those that the report was made of
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume.
 */
export async function caseFiles(report: CaseReport, volume: Volume<Int16Array>, masks: { reference: readonly NamedMask[]; test: readonly NamedMask[] }): Promise<CaseFiles> {
  // Not with every command: what plots takes some tenths of a second to load.
  const { casePage } = await import('./casePage.ts');
  const maskOf = (set: readonly NamedMask[], name: string): NamedMask['mask'] | undefined => set.find((one) => one.name === name)?.mask;
  const pictures = new Map<string, ComparisonPicture[]>();
  for (const { name, presence, metrics } of report.structures) {
    const [reference, test] = [maskOf(masks.reference, name), maskOf(masks.test, name)];
    if (presence === 'both' && metrics && reference && test) pictures.set(name, await comparisonPictures(volume, reference, test, metrics));
  }
  return { 'report.html': casePage(report, pictures), 'report.json': `${JSON.stringify(report)}\n`, 'report.csv': caseCsv(report) };
}

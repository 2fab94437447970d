import type { Mask, Volume } from '../../geometry/index.ts';
import type { CaseFiles } from '../caseFiles.ts';
import type { ObserversComparison } from './compareObservers.ts';
import { observersCsv } from './observersCsv.ts';
import { observersPictures, type ObserversPicture } from './observersPictures.ts';
import type { ObserversReport } from './observersReport.ts';

/**
 * The report of a comparison of observers as files: a page, the data that it shows, and a table.
 * @param comparison the one that the report was made of
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume
 */
export async function observersFiles(report: ObserversReport, volume: Volume<Int16Array>, { observers, structures }: ObserversComparison): Promise<CaseFiles> {
  // Not with every command: what plots takes some tenths of a second to load.
  const { observersPage } = await import('./observersPage.ts');
  const pictures = new Map<string, ObserversPicture[]>();
  for (const { name, worstSlice } of report.structures) {
    const drawn = observers.map(({ structures: own }): Mask | undefined => own.find((one) => one.name === name && !one.mask.isEmpty)?.mask);
    pictures.set(name, await observersPictures(volume, drawn, structures.find((one) => one.name === name)?.consensus?.mask, worstSlice.slice));
  }
  return { 'report.html': observersPage(report, pictures), 'report.json': `${JSON.stringify(report)}\n`, 'report.csv': observersCsv(report) };
}

import { studyCsv } from './csv.ts';
import type { StudyReport } from './studyReport.ts';

/** Names and contents of the files of a study's report. */
export type StudyFiles = Readonly<Record<'report.html' | 'report.json' | 'results.csv', string>>;

/** The report of a study as files: a page, the data that it shows, and a row for each structure of each case. */
export async function studyFiles(study: StudyReport): Promise<StudyFiles> {
  // Not with every command: what plots takes some tenths of a second to load.
  const { studyPage } = await import('./studyPage.ts');
  return { 'report.html': studyPage(study), 'report.json': `${JSON.stringify(study, undefined, 1)}\n`, 'results.csv': studyCsv(study) };
}

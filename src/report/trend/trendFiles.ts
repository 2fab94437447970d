import { csvOf } from '../csv.ts';
import type { TrendReport } from './trendReport.ts';

/** Names and contents of the files of a trend. */
export type TrendFiles = Readonly<Record<'trend.html' | 'trend.json' | 'trend.csv', string>>;

/** The trend as files: a page, the data that it shows, and a row for each value. */
export async function trendFiles(report: TrendReport): Promise<TrendFiles> {
  // Not with every command: what plots takes some tenths of a second to load.
  const { trendPage } = await import('./trendPage.ts');
  return { 'trend.html': trendPage(report), 'trend.json': `${JSON.stringify(report)}\n`, 'trend.csv': trendCsv(report) };
}

/** Every value of every chart (RFC 4180), all digits. */
function trendCsv({ structures }: TrendReport): string {
  const header = ['structure', 'measure', 'at', 'structureSet', 'value', 'model', 'centre', 'low', 'high', 'rules', 'protocol', 'scanner'];
  const rows = structures.flatMap(({ name, charts }) => charts.flatMap(({ measure, points, segments }) => segments.flatMap(({ model, from, count, limits }) => points.slice(from, from + count).map((point) => [
    name, measure, point.at, point.sopInstanceUid, point.value, model, limits?.centre, limits?.low, limits?.high, point.rules.join(' '), point.protocol, point.scanner,
  ]))));
  return csvOf([header, ...rows]);
}

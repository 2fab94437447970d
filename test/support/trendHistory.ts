import { randomUUID } from 'node:crypto';
import { TrendStore, type Database } from '../../src/jobs/index.ts';

export interface MadeCase {
  day: number;
  version: string;
  volumeCc: number | undefined;
  dsc?: number;
  hd95Mm?: number;
  scanner?: string;
}

const MODEL = 'oar-thorax';
export const SERIES = '2.25.9';

/** UID of the structure set of a day. */
export const setUid = (day: number): string => `2.25.1000${day}`;

/** Jobs of days in a row with their structure sets, as a service leaves them in its database; and their comparisons with corrected sets. */
export async function madeHistory(database: Database, cases: readonly MadeCase[], structure = 'Heart'): Promise<void> {
  const store = new TrendStore(database);
  for (const { day, version, volumeCc, dsc, hd95Mm, scanner = 'CT A' } of cases) {
    const id = randomUUID();
    const at = new Date(Date.UTC(2026, 0, 1 + day, 9)).toISOString();
    await database.query("INSERT INTO rondo.job (id, state, priority, protocol, origin, series_uid, result_uid) VALUES ($1, 'delivered', 0, 'own', 'dimse', $2, $3)", [id, SERIES, setUid(day)]);
    const summary = {
      sopInstanceUid: setUid(day), seriesInstanceUid: SERIES, protocol: 'own', models: [{ name: MODEL, version, sha256: [version.replaceAll('.', '').padEnd(64, 'a')] }, { name: 'other', version: '1.0.0', sha256: ['b'.repeat(64)] }],
      scan: { manufacturer: 'Maker', model: scanner, kernel: 'B30f', sliceGapMm: 3 }, rules: [], notes: [],
      structures: volumeCc === undefined ? [] : [{ name: `My ${structure}`, standardName: structure, model: MODEL, volumeCc, contours: 40, readBackDsc: 1, notes: [] }],
      notFound: volumeCc === undefined ? [{ name: `My ${structure}`, standardName: structure, model: MODEL, reason: 'smaller than 20 cm³' }] : [],
    };
    await database.query('INSERT INTO rondo.structure_set (sop_uid, job, bytes, sha256, summary, created_at) VALUES ($1, $2, NULL, $3, $4, $5)', [setUid(day), id, 'c'.repeat(64), JSON.stringify(summary), at]);
    if (dsc !== undefined) {
      const figures = { presence: volumeCc === undefined ? 'missed' as const : 'both' as const, dsc, toleranceMm: 2, referenceCc: 600, testCc: volumeCc ?? 0, ...(hd95Mm !== undefined && { hd95Mm }) };
      await store.record({ sopInstanceUid: setUid(day), referenceUid: `${setUid(day)}.1`, seriesInstanceUid: SERIES, structures: [{ name: `My ${structure}`, figures }] }, 'anna');
    }
  }
}

/** Numbers that look like chance and are always the same, from −1 to 1. */
export function wobble(index: number): number {
  return Math.sin(12.9898 * (index + 1)) * Math.cos(78.233 * (index + 3));
}

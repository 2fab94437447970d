import { isDeepStrictEqual } from 'node:util';
import { RondoError } from '../errors.ts';
import type { Database } from './database.ts';
import { storedSummary, type NewComparison, type TrendRecords } from './trendRecords.ts';

export interface TrendQuery {
  /** Only sets made then or later. */
  since?: Date | undefined;
  /** Only sets of this protocol. */
  protocol?: string | undefined;
}

/** What was contoured over time, and how it agreed with what clinicians made of it. */
export class TrendStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read({ since, protocol }: TrendQuery = {}): Promise<TrendRecords> {
    const wanted = [since?.toISOString() ?? null, protocol ?? null];
    const WHERE = "($1::timestamptz IS NULL OR s.created_at >= $1::timestamptz) AND ($2::text IS NULL OR s.summary->>'protocol' = $2::text)";
    const rows = await this.#database.query<{ sop_uid: string; created_at: Date; summary: unknown }>(`SELECT s.sop_uid, s.created_at, s.summary FROM rondo.structure_set s WHERE ${WHERE} ORDER BY s.created_at, s.sop_uid`, wanted);
    const sets = rows.flatMap(({ sop_uid: sopInstanceUid, created_at: at, summary }): TrendRecords['sets'] => {
      const read = storedSummary.safeParse(summary);
      if (!read.success) return [];
      const { protocol: ofSet, models, scan, structures, notFound } = read.data;
      return [{
        sopInstanceUid, madeAt: at.toISOString(), protocol: ofSet, models, ...(scan && { scan }),
        found: structures.map(({ name, standardName, ...rest }) => ({ name: standardName ?? name, ...rest })),
        notFound: notFound.map(({ name, standardName, ...rest }) => ({ name: standardName ?? name, ...rest })),
      }];
    });
    const comparisons = await this.#database.query<{ at: Date; sop_uid: string; reference_uid: string; structure: string; figures: TrendRecords['comparisons'][number]['figures'] }>(`
      SELECT DISTINCT ON (c.sop_uid, c.structure) c.at, c.sop_uid, c.reference_uid, c.structure, c.figures
      FROM rondo.comparison c JOIN rondo.structure_set s USING (sop_uid) WHERE ${WHERE} ORDER BY c.sop_uid, c.structure, c.id DESC`, wanted);
    return {
      sets,
      comparisons: comparisons.map(({ at, sop_uid: sopInstanceUid, reference_uid: referenceUid, structure, figures }) => ({ recordedAt: at.toISOString(), sopInstanceUid, referenceUid, structure, figures })),
      unread: rows.length - sets.length,
    };
  }

  /**
   * Keeps how a structure set of this service agrees with a corrected one; never changed, never deleted. What was recorded before is not recorded again.
   * @returns how many structures were new
   * @throws RondoError `comparison-set` for a set that this service has not made, `comparison-series` for one of another CT, `comparison-differs` for
   *   other figures of the same two sets
   */
  async record({ sopInstanceUid, referenceUid, seriesInstanceUid, structures }: NewComparison, who: string): Promise<number> {
    return await this.#database.transaction(async (sql) => {
      const [made] = await sql.query<{ summary: unknown; series_uid: string }>('SELECT s.summary, j.series_uid FROM rondo.structure_set s JOIN rondo.job j ON j.id = s.job WHERE s.sop_uid = $1', [sopInstanceUid]) as ({ summary: unknown; series_uid: string } | undefined)[];
      if (made === undefined) throw new RondoError('comparison-set', 'This service has made no structure set of this UID. Expected a comparison whose test is a set that it delivered: rondo compare <corrected> <delivered>.', { uid: sopInstanceUid });
      if (made.series_uid !== seriesInstanceUid) throw new RondoError('comparison-series', `The comparison was made on the CT ${seriesInstanceUid}, the structure set on ${made.series_uid}. Compare them on the CT that was contoured.`, { uid: sopInstanceUid });
      const standard = standardNames(made.summary);
      let count = 0;
      for (const { name, figures } of structures) {
        const structure = standard.get(name) ?? name;
        const [added] = await sql.query('INSERT INTO rondo.comparison (who, sop_uid, reference_uid, structure, figures) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id', [who, sopInstanceUid, referenceUid, structure, JSON.stringify(figures)]) as (object | undefined)[];
        if (added !== undefined) {
          count += 1;
          continue;
        }
        const [before] = await sql.query<{ figures: unknown }>('SELECT figures FROM rondo.comparison WHERE sop_uid = $1 AND reference_uid = $2 AND structure = $3', [sopInstanceUid, referenceUid, structure]);
        if (!isDeepStrictEqual(before.figures, figures)) {
          throw new RondoError('comparison-differs', `Other figures of ${structure} were recorded for the same two structure sets. Nothing was recorded: compare with the tolerances of the first time, or give the corrected set a UID of its own.`, { uid: referenceUid });
        }
      }
      return count;
    });
  }
}

/** Standard names by the names that the set itself has. */
function standardNames(summary: unknown): Map<string, string> {
  const read = storedSummary.safeParse(summary);
  return new Map(read.success ? [...read.data.structures, ...read.data.notFound].flatMap(({ name, standardName }) => (standardName === undefined ? [] : [[name, standardName] as const])) : []);
}

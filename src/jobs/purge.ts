import type { Database } from './database.ts';
import { writeEvent } from './jobChange.ts';
import { FINISHED_STATES } from './jobStates.ts';

export interface PurgeOptions {
  /** Of the last change of the job. */
  olderThanDays: number;
}

/**
 * Deletes what finished jobs keep of patients: the bytes of their structure sets, and where their CT lies. The jobs stay, with their events, and
 * each gets one that says so.
 * @returns how many jobs
 */
export async function purge(database: Database, { olderThanDays }: PurgeOptions, who: string): Promise<number> {
  return await database.transaction(async (sql) => {
    const jobs = await sql.query<{ id: string }>(`
      SELECT id FROM rondo.job j
      WHERE state IN (${FINISHED_STATES.map((state) => `'${state}'`).join(', ')}) AND changed_at <= clock_timestamp() - $1::float8 * interval '1 day'
        AND (source IS NOT NULL OR EXISTS (SELECT FROM rondo.structure_set s WHERE s.job = j.id AND bytes IS NOT NULL))
      ORDER BY id FOR UPDATE`, [olderThanDays]);
    for (const { id } of jobs) {
      await sql.query('UPDATE rondo.job SET source = NULL WHERE id = $1', [id]);
      const sets = await sql.query<{ sop_uid: string }>('UPDATE rondo.structure_set SET bytes = NULL WHERE job = $1 AND bytes IS NOT NULL RETURNING sop_uid', [id]);
      await writeEvent(sql, id, { who, what: 'purged', details: { olderThanDays, structureSets: sets.map(({ sop_uid }) => sop_uid) } });
    }
    return jobs.length;
  });
}

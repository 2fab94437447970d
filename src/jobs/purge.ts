import type { Database } from './database.ts';
import { writeEvent } from './jobChange.ts';
import { FINISHED_STATES } from './jobStates.ts';

export interface PurgeOptions {
  /** Of the last change of the job. */
  olderThanDays: number;
}

/** Whether a structure set `s` is one that a job `j` made. */
const MADE = '(s.job = j.id OR s.sop_uid = j.result_uid)';

/**
 * Deletes what finished jobs keep of patients: the bytes of their structure sets that no other job needs, where their CT lies, and what would make a request
 * the same job: the same images that come again are contoured again. The jobs stay, with their events, and each gets one that says so.
 * @returns how many jobs
 */
export async function purge(database: Database, { olderThanDays }: PurgeOptions, who: string): Promise<number> {
  return await database.transaction(async (sql) => {
    const jobs = await sql.query<{ id: string }>(`
      SELECT id FROM rondo.job j
      WHERE state IN (${FINISHED_STATES.map((state) => `'${state}'`).join(', ')}) AND changed_at <= clock_timestamp() - $1::float8 * interval '1 day'
        AND (source IS NOT NULL OR EXISTS (SELECT FROM rondo.structure_set s WHERE ${MADE} AND bytes IS NOT NULL))
      ORDER BY id FOR UPDATE`, [olderThanDays]);
    const ids = jobs.map(({ id }) => id);
    // Locked before it is asked who needs them: a job that makes one of them again waits here, or has said so by now.
    await sql.query('SELECT FROM rondo.structure_set s JOIN rondo.job j ON j.id = ANY ($1::uuid[]) AND ' + MADE + ' WHERE bytes IS NOT NULL ORDER BY sop_uid FOR UPDATE OF s', [ids]);
    const sets = await sql.query<{ sop_uid: string; jobs: string[] }>(`
      UPDATE rondo.structure_set s SET bytes = NULL
      WHERE bytes IS NOT NULL AND EXISTS (SELECT FROM rondo.job j WHERE j.id = ANY ($1::uuid[]) AND ${MADE})
        AND NOT EXISTS (SELECT FROM rondo.job j WHERE NOT j.id = ANY ($1::uuid[]) AND ${MADE})
      RETURNING sop_uid, ARRAY (SELECT j.id::text FROM rondo.job j WHERE ${MADE}) AS jobs`, [ids]);
    let purged = 0;
    for (const id of ids) {
      const its = sets.filter((set) => set.jobs.includes(id)).map(({ sop_uid }) => sop_uid);
      const sources = await sql.query('UPDATE rondo.job SET source = NULL, identity = NULL WHERE id = $1 AND source IS NOT NULL RETURNING id', [id]);
      if (its.length === 0 && sources.length === 0) continue;
      await writeEvent(sql, id, { who, what: 'purged', details: { olderThanDays, structureSets: its } });
      purged += 1;
    }
    return purged;
  });
}

import type { Database } from './database.ts';
import { createJob, type NewJob } from './createJob.ts';
import { jobOf, type Job, type JobRow } from './job.ts';
import { writeEvent } from './jobChange.ts';

/** A series as an archive lists it. */
export interface ListedSeries {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  instances: number;
}

/**
 * Which series of the archives that are watched have been seen, and with how many instances. A series is taken in the transaction that makes its
 * job: whatever ends the process, and however many processes search, none is missed and none is taken twice.
 */
export class WatchedSeries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Begins the watch of an archive: what it lists now counts as seen. Without effect where the same watch was begun before.
   * @param search tells what is searched for, and where: another search is another watch, and finds what nobody had asked for before
   * @returns whether it begins now
   */
  async begin(archive: string, search: string, listed: readonly ListedSeries[]): Promise<boolean> {
    return await this.#database.transaction(async (sql) => {
      const begun = await sql.query(`
        INSERT INTO rondo.watch (archive, search) VALUES ($1, $2)
        ON CONFLICT (archive) DO UPDATE SET search = excluded.search WHERE watch.search <> excluded.search RETURNING archive`, [archive, search]);
      if (begun.length === 0) return false;
      await sql.query(`
        INSERT INTO rondo.watched_series (archive, series_uid, instances) SELECT $1, * FROM unnest($2::text[], $3::integer[])
        ON CONFLICT (archive, series_uid) DO UPDATE SET instances = greatest(watched_series.instances, excluded.instances)`,
      [archive, listed.map(({ seriesInstanceUid }) => seriesInstanceUid), listed.map(({ instances }) => instances)]);
      return true;
    });
  }

  /** What has been seen, by Series Instance UID: the number of instances, and since when. */
  async seen(archive: string): Promise<Map<string, { instances: number; at: Date }>> {
    const rows = await this.#database.query<{ series_uid: string; instances: number; at: Date }>('SELECT series_uid, instances, at FROM rondo.watched_series WHERE archive = $1', [archive]);
    return new Map(rows.map(({ series_uid, instances, at }) => [series_uid, { instances, at }]));
  }

  /**
   * Takes a series that was not seen with so many instances: makes its job, or hands it to the one that waits since fewer had come.
   * @param job with the reason why it waits
   * @returns the job; undefined where the series has been taken meanwhile
   */
  async take(archive: string, { seriesInstanceUid, instances }: ListedSeries, job: NewJob, who: string): Promise<Job | undefined> {
    return await this.#database.transaction(async (sql) => {
      const taken = await sql.query(`
        INSERT INTO rondo.watched_series (archive, series_uid, instances) VALUES ($1, $2, $3)
        ON CONFLICT (archive, series_uid) DO UPDATE SET instances = excluded.instances, at = clock_timestamp() WHERE watched_series.instances < excluded.instances RETURNING instances`,
      [archive, seriesInstanceUid, instances]);
      if (taken.length === 0) return undefined;
      const [waiting] = await sql.query<JobRow>(`
        UPDATE rondo.job SET problem = $4, changed_at = clock_timestamp() WHERE state = 'waiting' AND origin = $3 AND series_uid = $1 AND source ->> 'url' = $2 RETURNING *`,
      [seriesInstanceUid, job.source.url, job.origin, JSON.stringify(job.problem)]) as (JobRow | undefined)[];
      if (waiting === undefined) return (await createJob(sql, { ...job, details: { archive, instances } }, who)).job;
      await writeEvent(sql, waiting.id, { who, what: 'came again', details: { archive, instances } });
      return jobOf(waiting);
    });
  }

  /** Forgets series that are not listed any more. */
  async forget(archive: string, seriesInstanceUids: readonly string[]): Promise<void> {
    await this.#database.query('DELETE FROM rondo.watched_series WHERE archive = $1 AND series_uid = ANY ($2::text[])', [archive, seriesInstanceUids]);
  }
}

import { randomUUID } from 'node:crypto';
import { RondoError } from '../errors.ts';
import type { Sql } from './database.ts';
import { jobOf, type CtSource, type Job, type JobArrival, type JobOrigin, type JobRow, type Problem } from './job.ts';
import { writeEvent } from './jobChange.ts';

export interface NewJob {
  origin: JobOrigin;
  /** AE titles, a folder: for rules that choose a protocol. */
  arrival?: JobArrival | undefined;
  source: CtSource;
  /** Undefined where none is chosen yet: the job waits, and `problem` says why. */
  protocol?: string | undefined;
  identity?: string | undefined;
  priority?: number | undefined;
  /** Where its structure set goes; without it where all go. */
  destinations?: readonly string[] | undefined;
  /** Why it has to wait. Without it the job is `received`. */
  problem?: Problem | undefined;
  /** For the event: UIDs, hashes and counts; never a patient's name or id. */
  details?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A job `received`, or `waiting` where a problem is given; or the live one of the same identity, with an event that it came again.
 * @param sql a transaction
 * @throws RondoError `job-protocol` for one that is to be worked on without a protocol
 */
export async function createJob(sql: Sql, { origin, arrival = {}, source, protocol, identity, priority = 0, destinations, problem, details }: NewJob, who: string): Promise<{ job: Job; created: boolean }> {
  if (protocol === undefined && problem === undefined) {
    throw new RondoError('job-protocol', 'A job without a protocol has to wait: expected a protocol, or the reason why there is none.', { uid: source.seriesInstanceUid });
  }
  const state = problem === undefined ? 'received' : 'waiting';
  const values = [randomUUID(), state, priority, protocol ?? null, JSON.stringify(source), origin, source.seriesInstanceUid, identity ?? null, problem === undefined ? null : JSON.stringify(problem), JSON.stringify(arrival), destinations === undefined ? null : JSON.stringify(destinations)];
  while (true) {
    const [row] = await sql.query<JobRow>(`
      INSERT INTO rondo.job (id, state, priority, protocol, source, origin, series_uid, identity, problem, arrival, destinations) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      ON CONFLICT (identity) WHERE state NOT IN ('failed', 'cancelled') DO NOTHING RETURNING *`, values) as (JobRow | undefined)[];
    if (row) {
      await writeEvent(sql, row.id, { who, what: 'created', to: state, details: { origin, ...details } });
      return { job: jobOf(row), created: true };
    }
    const [same] = await sql.query<JobRow>("SELECT * FROM rondo.job WHERE identity = $1 AND state NOT IN ('failed', 'cancelled')", [identity]) as (JobRow | undefined)[];
    // It may have failed since: then this one takes its place.
    if (!same) continue;
    await writeEvent(sql, same.id, { who, what: 'came again', details: { origin, ...details } });
    return { job: jobOf(same), created: false };
  }
}

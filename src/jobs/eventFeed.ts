import type { Database } from './database.ts';
import type { JobEvent, Progress } from './job.ts';
import type { JobState } from './jobStates.ts';

/** Longer than a transaction may last: what has not appeared by then was rolled back. */
const GAP_SECONDS = 60;

/** Events that one reading brings at most. */
const READING = 1000;

export interface FeedEvent extends JobEvent {
  /** Greater is later written. */
  id: number;
  jobId: string;
  /** Given to `from`, brings what followed this event; where an event of a smaller number was still being written, also some that came before. */
  resume: number;
  /** Since the job was made, and since its state was changed before. */
  seconds: { sinceCreated: number; sinceChange: number | undefined };
}

interface FeedRow {
  id: number;
  settled: boolean;
  job: string;
  at: Date;
  who: string;
  what: string;
  from_state: JobState | null;
  to_state: JobState | null;
  details: Record<string, unknown> | null;
  since_created: number;
  since_change: number | null;
}

/**
 * The events of all jobs, in the order in which they can be read, each once. Numbers of events are given when they are written and not
 * when they are committed: a missing number is waited for, without holding up those after it.
 */
export class EventFeed {
  readonly #database: Database;
  /** Whatever has a smaller number, or this one, was read. */
  #horizon: number;
  readonly #ahead = new Set<number>();

  private constructor(database: Database, horizon: number) {
    this.#database = database;
    this.#horizon = horizon;
  }

  /** @param resume where it begins: after that of an event; with what comes from now on without it */
  static async from(database: Database, resume?: number): Promise<EventFeed> {
    const [{ latest }] = await database.query<{ latest: number }>('SELECT coalesce(max(id), 0)::float8 AS latest FROM rondo.event', []);
    return new EventFeed(database, Math.min(resume ?? latest, latest));
  }

  get resume(): number {
    return this.#horizon;
  }

  /** What happened since the last reading; a long list comes in several readings. */
  async read(): Promise<FeedEvent[]> {
    const rows = await this.#database.query<FeedRow>(`
      SELECT e.id::float8 AS id, e.at < clock_timestamp() - ${GAP_SECONDS} * interval '1 second' AS settled, e.job, e.at, e.who, e.what, e.from_state, e.to_state, e.details,
        extract(epoch FROM e.at - j.created_at)::float8 AS since_created,
        (SELECT extract(epoch FROM e.at - max(before.at)) FROM rondo.event before WHERE before.job = e.job AND before.id < e.id AND before.to_state IS NOT NULL)::float8 AS since_change
      FROM rondo.event e JOIN rondo.job j ON j.id = e.job WHERE e.id > $1 ORDER BY e.id LIMIT ${READING}`, [this.#horizon]);
    return rows.filter(({ id }) => !this.#ahead.has(id)).map((row) => {
      this.#ahead.add(row.id);
      if (row.settled) this.#horizon = row.id;
      while (this.#ahead.has(this.#horizon + 1)) this.#horizon += 1;
      for (const id of this.#ahead) if (id <= this.#horizon) this.#ahead.delete(id);
      return eventOf(row, this.#horizon);
    });
  }

  /** How far the jobs have come that are being worked on. */
  async progress(): Promise<{ jobId: string; progress: Progress }[]> {
    return await this.#database.query(`SELECT id AS "jobId", progress FROM rondo.job WHERE state IN ('fetching', 'contouring') AND progress IS NOT NULL ORDER BY id`, []);
  }
}

function eventOf(row: FeedRow, resume: number): FeedEvent {
  return {
    id: row.id, jobId: row.job, at: row.at, who: row.who, what: row.what, from: row.from_state ?? undefined, to: row.to_state ?? undefined, details: row.details ?? undefined, resume,
    seconds: { sinceCreated: row.since_created, sinceChange: row.since_change ?? undefined },
  };
}

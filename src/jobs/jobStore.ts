import { RondoError } from '../errors.ts';
import type { Database } from './database.ts';
import { createJob, type NewJob } from './createJob.ts';
import { jobOf, LOOKED_AT, type Job, type JobEvent, type JobRow, type Problem } from './job.ts';
import { changeState, found, leaseLost, lockJob, writeEvent, type JobColumns, type StateChange } from './jobChange.ts';
import { LEASED_STATES, type JobState } from './jobStates.ts';
import { moveOrders } from './orderStore.ts';
import { endAsDouble, releaseJob, type Release } from './releaseJob.ts';

export interface JobListOptions {
  /** Only those of this state, or of one of these. */
  state?: JobState | readonly JobState[] | undefined;
  /** Only those that this one asked for. */
  askedBy?: string | undefined;
  limit: number;
  /** The id of the last job of the page before. */
  before?: string | undefined;
}

/** What may be written with a change of state. */
export interface JobChange {
  protocol?: string | undefined;
  identity?: string | undefined;
  priority?: number | undefined;
  destinations?: readonly string[] | undefined;
  notes?: readonly string[] | undefined;
  /** Why it failed. Another state has none. */
  problem?: Problem | undefined;
  /** For the event. */
  details?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether $1 is empty, or asked for the job. */
const ASKED_BY = "($1::text IS NULL OR EXISTS (SELECT FROM rondo.event e WHERE e.job = job.id AND e.who = $1 AND e.what IN ('created', 'came again')))";

/** States that have no way in of their own, as `claim`, `saveStructureSet` and `record` are. */
export type OpenState = Exclude<JobState, 'waiting' | 'fetching' | 'delivering' | 'delivered' | 'cancelled'>;

/** The jobs, and what happened to them: their rows are the truth, and each change of state writes its event in the same transaction. */
export class JobStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * A job `received`, or `waiting` where a problem is given; or the live one of the same identity, with an event that it came again.
   * @throws RondoError `job-protocol` for one that is to be worked on without a protocol
   */
  async create(job: NewJob, who: string): Promise<{ job: Job; created: boolean }> {
    return await this.#database.transaction(async (sql) => await createJob(sql, job, who));
  }

  /** @throws RondoError `job-missing` */
  async get(id: string): Promise<Job> {
    return jobOf(found(await this.#database.query<JobRow>('SELECT * FROM rondo.job WHERE id = $1', [id]), id));
  }

  /** Newest first. */
  async list({ state, askedBy, limit, before }: JobListOptions): Promise<Job[]> {
    const rows = await this.#database.query<JobRow>(`
      SELECT * FROM rondo.job
      WHERE ${ASKED_BY} AND ($2::text[] IS NULL OR state = ANY ($2)) AND ($3::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM rondo.job WHERE id = $3))
      ORDER BY created_at DESC, id DESC LIMIT $4`, [askedBy ?? null, state === undefined ? null : [state].flat(), before ?? null, limit]);
    return rows.map(jobOf);
  }

  /** All jobs of a series, newest first. */
  async ofSeries(seriesInstanceUid: string): Promise<Job[]> {
    return (await this.#database.query<JobRow>('SELECT * FROM rondo.job WHERE series_uid = $1 ORDER BY created_at DESC, id DESC', [seriesInstanceUid])).map(jobOf);
  }

  /** All jobs that made one of these structure sets, newest first. */
  async ofStructureSets(sopInstanceUids: readonly string[]): Promise<Job[]> {
    return (await this.#database.query<JobRow>('SELECT * FROM rondo.job WHERE result_uid = ANY ($1) ORDER BY created_at DESC, id DESC', [sopInstanceUids])).map(jobOf);
  }

  /** Says for what a waiting job waits now. @param protocol that it is to be contoured by, where somebody has chosen one @throws RondoError `job-missing`, `job-state` */
  async explain(id: string, problem: Problem, who: string, details?: Readonly<Record<string, unknown>>, protocol?: string): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockJob(sql, id);
      if (job.state !== 'waiting') throw new RondoError('job-state', `The job ${id} is ${job.state}, expected waiting: it was changed meanwhile. Look at it again.`);
      const rows = await sql.query<JobRow>('UPDATE rondo.job SET problem = $2, protocol = coalesce($3, protocol), changed_at = clock_timestamp() WHERE id = $1 RETURNING *', [id, JSON.stringify(problem), protocol ?? null]);
      await writeEvent(sql, id, { who, what: 'waits', details: { problem, ...details } });
      return jobOf(found(rows, id));
    });
  }

  /** How many jobs there are of each state that has any; with a name, of those that this one asked for. */
  async countStates(askedBy?: string): Promise<Partial<Record<JobState, number>>> {
    const rows = await this.#database.query<{ state: JobState; count: number }>(`SELECT state, count(*)::integer AS count FROM rondo.job WHERE ${ASKED_BY} GROUP BY state`, [askedBy ?? null]);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** Whether a job came, or came again, through this one. */
  async isAskedBy(id: string, who: string): Promise<boolean> {
    return (await this.#database.query(`SELECT FROM rondo.job WHERE ${ASKED_BY} AND id = $2`, [who, id])).length > 0;
  }

  /**
   * Changes the state from one to another, if it is still the one. A job that a worker holds is changed by that worker only (`who` is its owner).
   * @throws RondoError `job-transition`, `job-missing`; `job-state` where it is another by now; `lease-lost`; `job-duplicate`
   */
  async transition(id: string, from: JobState, to: OpenState, { details, problem, ...change }: JobChange, who: string): Promise<Job> {
    const columns = Object.fromEntries(Object.entries({ ...change, problem: problem ?? null }).filter(([, value]) => value !== undefined)) as JobColumns;
    return await this.#change(id, to, { who, what: 'state changed', columns, details }, (job) => {
      if (job.state !== from) throw new RondoError('job-state', `The job ${id} is ${job.state}, expected ${from}: it was changed meanwhile. Look at it again.`);
      if ((LEASED_STATES as readonly JobState[]).includes(from) && job.lease_owner !== who) throw leaseLost(id, who);
    });
  }

  /**
   * Makes a waiting job `received`, unless another does what it would do; ends those that it overtakes. All of it or nothing, however many are released at once.
   * @returns the job, or the one in whose favour it was cancelled
   * @throws RondoError `job-missing`, `job-state`, `job-purged`
   */
  async release(id: string, release: Release, who: string): Promise<Job> {
    for (;;) {
      try {
        return await this.#database.transaction(async (sql) => await releaseJob(sql, id, release, who));
      } catch (error) {
        // Another got its identity this moment: that one is seen now.
        if (!(error instanceof RondoError) || error.code !== 'job-duplicate') throw error;
      }
    }
  }

  /**
   * Ends a job that turned out to do what another does, which is known by its identity.
   * @returns the other; undefined where it has ended meanwhile, and then nothing has changed
   * @throws RondoError `job-missing`, `job-transition`
   */
  async endAsDouble(id: string, identity: string, who: string): Promise<Job | undefined> {
    return await this.#database.transaction(async (sql) => await endAsDouble(sql, id, identity, who));
  }

  /**
   * Ends a job that is not finished, whoever has it.
   * @param double the job that does what this one would have done: the event names it, and orders follow it from now on
   * @throws RondoError `job-missing`, `job-transition`
   */
  async cancel(id: string, who: string, reason?: string, double?: string): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const cancelled = await changeState(sql, await lockJob(sql, id), 'cancelled', { who, what: 'cancelled', details: reason === undefined ? undefined : { reason, ...(double !== undefined && { job: double }) } });
      if (double !== undefined) await moveOrders(sql, id, double);
      return jobOf(cancelled);
    });
  }

  /**
   * Begins a failed job anew: from where it was released, or where it never was, `waiting` for the look that releases it.
   * @throws RondoError `job-missing`, `job-transition`, `job-duplicate`; `job-purged` where it is no longer known what it was made of
   */
  async rerun(id: string, who: string): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockJob(sql, id);
      if (job.state !== 'failed') throw new RondoError('job-transition', `The job ${id} is ${job.state}: only a failed one is begun anew.`);
      if (job.source === null) throw new RondoError('job-purged', `What the job ${id} was made of was deleted by the retention rules: send the images again.`);
      const wasReleased = (await sql.query("SELECT FROM rondo.event WHERE job = $1 AND to_state = 'received' LIMIT 1", [id])).length > 0;
      return jobOf(await changeState(sql, job, wasReleased ? 'received' : 'waiting', { who, what: 'begun anew', columns: { attempts: 0, postponed: 0, problem: wasReleased ? null : LOOKED_AT } }));
    });
  }

  /** Writes down what happened to a job without a change of its state. @throws RondoError `job-missing` */
  async note(id: string, what: string, who: string, details?: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#database.transaction(async (sql) => {
      await lockJob(sql, id);
      await writeEvent(sql, id, { who, what, details });
    });
  }

  /** What happened, oldest first. */
  async events(id: string): Promise<JobEvent[]> {
    const rows = await this.#database.query<{ at: Date; who: string; what: string; from_state: JobState | null; to_state: JobState | null; details: Record<string, unknown> | null }>(
      'SELECT at, who, what, from_state, to_state, details FROM rondo.event WHERE job = $1 ORDER BY id', [id]);
    return rows.map(({ at, who, what, from_state, to_state, details }) => ({ at, who, what, from: from_state ?? undefined, to: to_state ?? undefined, details: details ?? undefined }));
  }

  async #change(id: string, to: JobState, change: StateChange, check: (job: JobRow) => void = () => undefined): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockJob(sql, id);
      check(job);
      return jobOf(await changeState(sql, job, to, change));
    });
  }
}

import type { Database, Sql } from './database.ts';
import { jobOf, type Job, type JobRow, type Problem, type Progress } from './job.ts';
import { changeState, leaseLost, lockJob } from './jobChange.ts';

/** A job that ends its worker this often (no memory, say) would do so for ever. */
const MAX_ATTEMPTS = 3;

/** What a worker may begin: times are those of the database, as the clocks of the workers need not agree. */
export const TO_DO = `(state = 'received' AND (not_before IS NULL OR not_before <= clock_timestamp())
  OR state IN ('fetching', 'contouring') AND lease_until <= clock_timestamp())`;

/** Why and for how long a job is put off. */
export interface Postponement {
  problem: Problem;
  delayMs: number;
  /** Whether the job itself may be why: then it was one of the few attempts that it has. Else it is counted as postponed. */
  isAttempt: boolean;
}

/** Who works on what. A worker claims a job for a time, says now and then that it still works, and stops where it is told that it has it no longer. */
export class JobLeases {
  readonly #database: Database;
  readonly #maxAttempts: number;

  constructor(database: Database, maxAttempts = MAX_ATTEMPTS) {
    this.#database = database;
    this.#maxAttempts = maxAttempts;
  }

  /**
   * The next job to work on, now `fetching`: that of the highest priority, then the oldest; also one whose worker has not shown signs of life in
   * time. Undefined where there is none. One that was begun too often without an end fails with `job-attempts`.
   */
  async claim(owner: string, leaseMs: number): Promise<Job | undefined> {
    return await this.#database.transaction(async (sql) => {
      while (true) {
        const [row] = await sql.query<JobRow>(`SELECT * FROM rondo.job WHERE ${TO_DO} ORDER BY priority DESC, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`, []) as (JobRow | undefined)[];
        if (!row) return undefined;
        const job = row.state === 'received' ? row : await changeState(sql, row, 'received', { who: owner, what: 'lease ran out', details: { owner: row.lease_owner } });
        if (job.attempts >= this.#maxAttempts) {
          await changeState(sql, job, 'failed', { who: owner, what: 'given up', columns: { problem: givenUp(job) } });
          continue;
        }
        const attempts = job.attempts + 1;
        return jobOf(await changeState(sql, job, 'fetching', { who: owner, what: 'claimed', columns: { attempts, problem: null }, details: { attempt: attempts }, lease: { owner, leaseMs } }));
      }
    });
  }

  /** Says that the owner still works. False where it has the job no longer: it must stop. */
  async renew(id: string, owner: string, leaseMs: number): Promise<boolean> {
    const rows = await this.#database.query("UPDATE rondo.job SET lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond' WHERE id = $1 AND lease_owner = $2 RETURNING id", [id, owner, leaseMs]);
    return rows.length > 0;
  }

  /** How far the owner has come. False where it has the job no longer. */
  async setProgress(id: string, owner: string, progress: Progress): Promise<boolean> {
    const rows = await this.#database.query('UPDATE rondo.job SET progress = $3 WHERE id = $1 AND lease_owner = $2 RETURNING id', [id, owner, JSON.stringify(progress)]);
    return rows.length > 0;
  }

  /**
   * Hands a job back. Without a postponement (the worker is being stopped) it was no attempt, and is begun at once by another. The last
   * attempt that it has fails the job with the problem.
   * @throws RondoError `job-missing`, `lease-lost`
   */
  async release(id: string, owner: string, postponement?: Postponement): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockHeldJob(sql, id, owner);
      if (!postponement) return jobOf(await changeState(sql, job, 'received', { who: owner, what: 'handed back', columns: { attempts: job.attempts - 1 } }));
      const { problem, delayMs, isAttempt } = postponement;
      if (isAttempt && job.attempts >= this.#maxAttempts) return jobOf(await changeState(sql, job, 'failed', { who: owner, what: 'given up', columns: { problem }, details: { problem } }));
      const counted = isAttempt ? {} : { attempts: job.attempts - 1, postponed: job.postponed + 1 };
      return jobOf(await changeState(sql, job, 'received', { who: owner, what: 'put off', columns: { problem, ...counted }, details: { problem }, delayMs }));
    });
  }

  /**
   * Ends what an owner had, of jobs and of deliveries. For one that begins anew under the name of one that is gone, and need not wait for
   * what that one left behind.
   */
  async expire(owner: string): Promise<void> {
    await this.#database.transaction(async (sql) => {
      for (const table of ['job', 'delivery']) await sql.query(`UPDATE rondo.${table} SET lease_until = clock_timestamp() WHERE lease_owner = $1`, [owner]);
    });
  }

  /** Jobs that a worker may begin, the next ones first. */
  async toDo(limit: number): Promise<Pick<Job, 'id' | 'priority'>[]> {
    return await this.#database.query(`SELECT id, priority FROM rondo.job WHERE ${TO_DO} ORDER BY priority DESC, created_at, id LIMIT $1`, [limit]);
  }
}

/** The row of a job that `owner` has. @throws RondoError `job-missing`, `lease-lost` */
export async function lockHeldJob(sql: Sql, id: string, owner: string): Promise<JobRow> {
  const job = await lockJob(sql, id);
  if (job.lease_owner !== owner) throw leaseLost(id, owner);
  return job;
}

function givenUp({ attempts }: JobRow): Problem {
  return {
    code: 'job-attempts',
    message: `The job was begun ${attempts} times, and each time its worker ended or fell silent.`,
    cure: 'Look in the log of the workers for what ended them (memory, say), then begin the job anew.',
  };
}

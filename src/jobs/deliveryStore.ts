import { RondoError } from '../errors.ts';
import type { Database, Sql } from './database.ts';
import type { JobRow, Problem } from './job.ts';
import { changeState, lockJob, writeEvent } from './jobChange.ts';

/** `waiting`: for its (next) attempt · `delivered`: the destination said that it has it · `verified`: it was read back there · `failed`: given up. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'verified', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One structure set on its way to one destination. */
export interface Delivery {
  jobId: string;
  destination: string;
  state: DeliveryState;
  /** How often it was begun. */
  attempts: number;
  nextAttemptAt: Date;
  /** Why the last attempt failed. */
  problem: Problem | undefined;
}

/** How an attempt ended. Without `delayMs` one that failed is the last. */
export type DeliveryOutcome = { state: 'delivered' | 'verified' } | { state: 'failed'; problem: Problem; delayMs?: number | undefined };

interface DeliveryRow {
  job: string;
  destination: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: Date;
  problem: Problem | null;
  lease_owner: string | null;
}

const DUE = `d.state = 'waiting' AND d.next_attempt_at <= clock_timestamp() AND (d.lease_until IS NULL OR d.lease_until <= clock_timestamp())
  AND EXISTS (SELECT FROM rondo.job j WHERE j.id = d.job AND j.state = 'delivering')`;

/** Structure sets on their way. A job is `delivered` once all its deliveries are, and fails where one was given up and none is left to try. */
export class DeliveryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those of one job, or of several. */
  async list(jobId: string | readonly string[]): Promise<Delivery[]> {
    return (await this.#database.query<DeliveryRow>('SELECT * FROM rondo.delivery WHERE job = ANY ($1::uuid[]) ORDER BY destination, job', [[jobId].flat()])).map(deliveryOf);
  }

  /** How many there are of each state that has any. */
  async countStates(): Promise<Partial<Record<DeliveryState, number>>> {
    const rows = await this.#database.query<{ state: DeliveryState; count: number }>('SELECT state, count(*)::integer AS count FROM rondo.delivery GROUP BY state', []);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** Those whose time has come and that nobody has, the most urgent first. */
  async due(limit: number): Promise<(Delivery & { priority: number })[]> {
    const rows = await this.#database.query<DeliveryRow & { priority: number }>(
      `SELECT d.*, job.priority FROM rondo.delivery d JOIN rondo.job ON job.id = d.job WHERE ${DUE} ORDER BY job.priority DESC, d.next_attempt_at LIMIT $1`, [limit]);
    return rows.map((row) => ({ ...deliveryOf(row), priority: row.priority }));
  }

  /** Takes one delivery for a time, so that no other worker sends it too. Undefined where it is done, is not due, or another has it. */
  async claim(jobId: string, destination: string, owner: string, leaseMs: number): Promise<Delivery | undefined> {
    const rows = await this.#database.query<DeliveryRow>(`
      UPDATE rondo.delivery d SET attempts = attempts + 1, lease_owner = $3, lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond', changed_at = clock_timestamp()
      WHERE d.job = $1 AND d.destination = $2 AND ${DUE} RETURNING *`, [jobId, destination, owner, leaseMs]);
    return rows.map(deliveryOf)[0];
  }

  /**
   * Says how the attempt of `owner` ended, and what that makes of the job.
   * @throws RondoError `job-missing`, `delivery-missing`; `lease-lost` where another has it by now
   */
  async record(jobId: string, destination: string, owner: string, outcome: DeliveryOutcome): Promise<Delivery> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockJob(sql, jobId);
      const delivery = await lockHeldDelivery(sql, jobId, destination, owner);
      const failed = outcome.state === 'failed' ? outcome : undefined;
      const again = failed?.delayMs;
      const [row] = await sql.query<DeliveryRow>(`
        UPDATE rondo.delivery SET state = $3, problem = $4, next_attempt_at = clock_timestamp() + $5::float8 * interval '1 millisecond',
          lease_owner = NULL, lease_until = NULL, changed_at = clock_timestamp()
        WHERE job = $1 AND destination = $2 RETURNING *`,
      [jobId, destination, again === undefined ? outcome.state : 'waiting', failed ? JSON.stringify(failed.problem) : null, again ?? 0]);
      await writeEvent(sql, jobId, {
        who: owner, what: failed ? 'delivery failed' : outcome.state,
        details: { destination, attempt: delivery.attempts, sopInstanceUid: job.result_uid, ...(failed && { problem: failed.problem, again: again !== undefined }) },
      });
      await settle(sql, job, owner);
      return deliveryOf(row);
    });
  }

  /**
   * Hands a delivery back: the worker is being stopped. It was no attempt, and is begun at once by another.
   * @throws RondoError `job-missing`, `delivery-missing`, `lease-lost`
   */
  async release(jobId: string, destination: string, owner: string): Promise<Delivery> {
    return await this.#database.transaction(async (sql) => {
      await lockJob(sql, jobId);
      const { attempts } = await lockHeldDelivery(sql, jobId, destination, owner);
      const [row] = await sql.query<DeliveryRow>(`
        UPDATE rondo.delivery SET attempts = $3, lease_owner = NULL, lease_until = NULL, changed_at = clock_timestamp()
        WHERE job = $1 AND destination = $2 RETURNING *`, [jobId, destination, attempts - 1]);
      await writeEvent(sql, jobId, { who: owner, what: 'delivery handed back', details: { destination } });
      return deliveryOf(row);
    });
  }

  /**
   * Tries a delivery again that was given up, or one at once that is to be tried later.
   * @throws RondoError `job-missing`, `delivery-missing`; `delivery-done`; `job-transition`; `job-purged`
   */
  async retry(jobId: string, destination: string, who: string): Promise<Delivery> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockJob(sql, jobId);
      const { state } = await lockDelivery(sql, jobId, destination);
      if (state === 'delivered' || state === 'verified') throw new RondoError('delivery-done', `The structure set of the job ${jobId} has been delivered to ${destination}: there is nothing to try again.`);
      const kept = await sql.query('SELECT FROM rondo.structure_set WHERE sop_uid = $1 AND bytes IS NOT NULL', [job.result_uid]);
      if (kept.length === 0) throw new RondoError('job-purged', `The structure set of the job ${jobId} was deleted by the retention rules: send the images again.`);
      const [row] = await sql.query<DeliveryRow>(`
        UPDATE rondo.delivery SET state = 'waiting', attempts = CASE state WHEN 'failed' THEN 0 ELSE attempts END, next_attempt_at = clock_timestamp(), changed_at = clock_timestamp()
        WHERE job = $1 AND destination = $2 RETURNING *`, [jobId, destination]);
      await writeEvent(sql, jobId, { who, what: 'delivery to be tried again', details: { destination } });
      if (job.state !== 'delivering') await changeState(sql, job, 'delivering', { who, what: 'delivery to be tried again', columns: { problem: null } });
      return deliveryOf(row);
    });
  }
}

async function lockDelivery(sql: Sql, jobId: string, destination: string): Promise<DeliveryRow> {
  const rows = await sql.query<DeliveryRow>('SELECT * FROM rondo.delivery WHERE job = $1 AND destination = $2 FOR UPDATE', [jobId, destination]);
  if (rows.length === 0) throw new RondoError('delivery-missing', `The job ${jobId} has no delivery to ${destination}. Look at its list of deliveries.`);
  return rows[0];
}

async function lockHeldDelivery(sql: Sql, jobId: string, destination: string, owner: string): Promise<DeliveryRow> {
  const delivery = await lockDelivery(sql, jobId, destination);
  if (delivery.lease_owner !== owner) throw new RondoError('lease-lost', `${owner} no longer has the delivery of the job ${jobId} to ${destination}. Leave it to whoever has it.`);
  return delivery;
}

/** What the deliveries of a job make of it. A job that was cancelled meanwhile stays so. */
async function settle(sql: Sql, job: JobRow, who: string): Promise<void> {
  if (job.state !== 'delivering') return;
  const rows = await sql.query<DeliveryRow>('SELECT * FROM rondo.delivery WHERE job = $1 ORDER BY destination', [job.id]);
  if (rows.some(({ state }) => state === 'waiting')) return;
  const failed = rows.filter(({ state }) => state === 'failed');
  if (failed.length === 0) {
    await changeState(sql, job, 'delivered', { who, what: 'state changed' });
    return;
  }
  const destinations = failed.map(({ destination }) => destination);
  const problem: Problem = {
    code: 'delivery', message: `The structure set could not be delivered to ${destinations.join(', ')}: ${failed[0].problem?.message ?? ''}`,
    cure: failed[0].problem?.cure ?? '',
  };
  await changeState(sql, job, 'failed', { who, what: 'state changed', columns: { problem }, details: { destinations } });
}

function deliveryOf(row: DeliveryRow): Delivery {
  return { jobId: row.job, destination: row.destination, state: row.state, attempts: row.attempts, nextAttemptAt: row.next_attempt_at, problem: row.problem ?? undefined };
}

import type { Database, Sql } from './database.ts';
import { createJob, type NewJob } from './createJob.ts';
import { jobOf, type Job, type JobRow } from './job.ts';
import { found } from './jobChange.ts';

/**
 * `scheduled`: known, not claimed yet, or claimed by a process that ended before it could say so · `claimed`: ours · `completed`, `canceled`: the worklist
 * was told so · `left`: another's, gone, or left to others.
 */
export const ORDER_STATES = ['scheduled', 'claimed', 'completed', 'canceled', 'left'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** A workitem of a worklist that a job stands for. */
export interface Order {
  workitemUid: string;
  /** Under which it is claimed, kept before it is. */
  transactionUid: string;
  studyInstanceUid: string;
  state: OrderState;
  /** Undefined until it has one. */
  jobId: string | undefined;
  /** What the worklist was told last of its progress. */
  reported: OrderReport | undefined;
}

export interface OrderReport {
  percent: number;
  description: string;
}

interface OrderRow {
  workitem_uid: string;
  transaction_uid: string;
  study_uid: string;
  state: OrderState;
  job: string | null;
  reported: OrderReport | null;
}

const OPEN = "state IN ('scheduled', 'claimed')";

/** Which job stands for which workitem, and what the worklist knows of it. */
export class OrderStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps what is about to be claimed. @returns the order, or the one that is kept of this workitem already */
  async save({ workitemUid, transactionUid, studyInstanceUid }: Pick<Order, 'workitemUid' | 'transactionUid' | 'studyInstanceUid'>): Promise<Order> {
    await this.#database.query('INSERT INTO rondo.worklist_order (workitem_uid, transaction_uid, study_uid) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [workitemUid, transactionUid, studyInstanceUid]);
    return (await this.known([workitemUid]))[0];
  }

  /** The job of an order: the one that it has, the live one that does the same, or a new one. @throws RondoError `job-protocol` */
  async createJob(workitemUid: string, job: NewJob, who: string): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const [order] = await sql.query<OrderRow>('SELECT * FROM rondo.worklist_order WHERE workitem_uid = $1 FOR UPDATE', [workitemUid]);
      if (order.job !== null) return await jobWith(sql, order.job);
      const made = await createJob(sql, job, who);
      await sql.query('UPDATE rondo.worklist_order SET job = $2 WHERE workitem_uid = $1', [workitemUid, made.job.id]);
      return made.job;
    });
  }

  /** Those of these workitems that there are. */
  async known(workitemUids: readonly string[]): Promise<Order[]> {
    return await this.#orders('workitem_uid = ANY ($1)', [workitemUids]);
  }

  /** An order that has not ended, with its job, as both are at one moment; undefined once it has. */
  async current(workitemUid: string): Promise<{ order: Order; job: Job | undefined } | undefined> {
    return await this.#database.transaction(async (sql) => {
      // Locked: the job may be ended as a double, and the order moved to the other, between the two questions.
      const [row] = (await sql.query<OrderRow>(`SELECT * FROM rondo.worklist_order WHERE workitem_uid = $1 AND ${OPEN} FOR SHARE`, [workitemUid])) as (OrderRow | undefined)[];
      if (row === undefined) return undefined;
      return { order: orderOf(row), job: row.job === null ? undefined : await jobWith(sql, row.job) };
    });
  }

  /** Those whose end the worklist does not know yet, the oldest first. */
  async open(): Promise<Order[]> {
    return await this.#orders(OPEN, []);
  }

  /** Those of a job whose end the worklist does not know yet. */
  async ofJob(jobId: string): Promise<Order[]> {
    return await this.#orders(`job = $1 AND ${OPEN}`, [jobId]);
  }

  /** How many there are of each state that has any. */
  async countStates(): Promise<Partial<Record<OrderState, number>>> {
    const rows = await this.#database.query<{ state: OrderState; count: number }>('SELECT state, count(*)::integer AS count FROM rondo.worklist_order GROUP BY state', []);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** What has ended stays so. */
  async setState(workitemUid: string, state: Exclude<OrderState, 'scheduled'>): Promise<void> {
    await this.#database.query(`UPDATE rondo.worklist_order SET state = $2, changed_at = clock_timestamp() WHERE workitem_uid = $1 AND ${OPEN}`, [workitemUid, state]);
  }

  async setReported(workitemUid: string, report: OrderReport): Promise<void> {
    await this.#database.query('UPDATE rondo.worklist_order SET reported = $2 WHERE workitem_uid = $1', [workitemUid, JSON.stringify(report)]);
  }

  async #orders(where: string, values: readonly unknown[]): Promise<Order[]> {
    return (await this.#database.query<OrderRow>(`SELECT * FROM rondo.worklist_order WHERE ${where} ORDER BY created_at, workitem_uid`, values)).map(orderOf);
  }
}

function orderOf(row: OrderRow): Order {
  return { workitemUid: row.workitem_uid, transactionUid: row.transaction_uid, studyInstanceUid: row.study_uid, state: row.state, jobId: row.job ?? undefined, reported: row.reported ?? undefined };
}

async function jobWith(sql: Sql, id: string): Promise<Job> {
  return jobOf(found(await sql.query<JobRow>('SELECT * FROM rondo.job WHERE id = $1', [id]), id));
}

/** What was ordered of one job is answered by another. */
export async function moveOrders(sql: Sql, fromJob: string, toJob: string): Promise<void> {
  await sql.query(`UPDATE rondo.worklist_order SET job = $2 WHERE job = $1 AND ${OPEN}`, [fromJob, toJob]);
}

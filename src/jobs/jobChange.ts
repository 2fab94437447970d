import { RondoError } from '../errors.ts';
import type { Sql } from './database.ts';
import type { JobRow, Problem } from './job.ts';
import { checkTransition, LEASED_STATES, type JobState } from './jobStates.ts';

/** SQLSTATE unique_violation (PostgreSQL, appendix A). */
const UNIQUE_VIOLATION = '23505';

/** What is written with a change of state. What is not named stays as it is; `null` empties it. */
export interface JobColumns {
  protocol?: string;
  identity?: string;
  priority?: number;
  attempts?: number;
  postponed?: number;
  problem?: Problem | null;
  notes?: readonly string[];
  result_uid?: string;
  destinations?: readonly string[];
}

export interface StateChange {
  who: string;
  what: string;
  columns?: JobColumns;
  /** For the event: UIDs, hashes and counts; never a patient's name or id. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** Of a job that becomes `fetching`. */
  lease?: { owner: string; leaseMs: number };
  /** Puts off a job that becomes `received`. */
  delayMs?: number | undefined;
}

/** The row of a job, which nobody else can change until the transaction ends. @throws RondoError `job-missing` */
export async function lockJob(sql: Sql, id: string): Promise<JobRow> {
  return found(await sql.query<JobRow>('SELECT * FROM rondo.job WHERE id = $1 FOR UPDATE', [id]), id);
}

export function found<Row>(rows: readonly Row[], id: string): Row {
  if (rows.length === 0) throw new RondoError('job-missing', `There is no job ${id}. Look for it in the list of jobs.`);
  return rows[0];
}

/**
 * Sets the state of a locked job and writes its event.
 * @throws RondoError `job-transition`; `job-duplicate` where another live job has its identity
 */
export async function changeState(sql: Sql, job: Pick<JobRow, 'id' | 'state'>, to: JobState, { who, what, columns = {}, details, lease, delayMs }: StateChange): Promise<JobRow> {
  checkTransition(job.state, to, job.id);
  const leased = (LEASED_STATES as readonly JobState[]).includes(to);
  const values: unknown[] = [job.id, to, delayMs ?? null];
  const set = ['state = $2', 'changed_at = clock_timestamp()', "not_before = clock_timestamp() + $3::float8 * interval '1 millisecond'"];
  if (lease) set.push(`lease_owner = $${values.push(lease.owner)}`, `lease_until = clock_timestamp() + $${values.push(lease.leaseMs)}::float8 * interval '1 millisecond'`);
  else if (!leased) set.push('lease_owner = NULL', 'lease_until = NULL', 'progress = NULL');
  for (const [column, value] of Object.entries(columns)) {
    set.push(`${column} = $${values.push(typeof value === 'object' && value !== null ? JSON.stringify(value) : value)}`);
  }
  let rows: JobRow[];
  try {
    rows = await sql.query<JobRow>(`UPDATE rondo.job SET ${set.join(', ')} WHERE id = $1 RETURNING *`, values);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new RondoError('job-duplicate', `Another job is at work on the same images by the same protocol: the job ${job.id} cannot become ${to}. Use the other one, or cancel it.`, {}, { cause: error });
  }
  await writeEvent(sql, job.id, { who, what, from: job.state, to, details });
  return found(rows, job.id);
}

export function leaseLost(id: string, owner: string): RondoError {
  return new RondoError('lease-lost', `${owner} no longer has the job ${id}: its lease ran out, or the job was cancelled. Stop, and leave it to whoever has it.`);
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
}

export interface NewEvent {
  who: string;
  what: string;
  from?: JobState;
  to?: JobState;
  details?: Readonly<Record<string, unknown>> | undefined;
}

export async function writeEvent(sql: Sql, job: string, { who, what, from, to, details }: NewEvent): Promise<void> {
  await sql.query('INSERT INTO rondo.event (job, who, what, from_state, to_state, details) VALUES ($1, $2, $3, $4, $5, $6)',
    [job, who, what, from ?? null, to ?? null, details === undefined ? null : JSON.stringify(details)]);
}

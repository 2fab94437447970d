import { RondoError } from '../errors.ts';
import type { Sql } from './database.ts';
import { jobOf, type Job, type JobRow } from './job.ts';
import { changeState, found, writeEvent } from './jobChange.ts';
import type { JobState } from './jobStates.ts';
import { moveOrders } from './orderStore.ts';

/** What a waiting job becomes. */
export interface Release {
  protocol: string;
  identity: string;
  destinations?: readonly string[] | undefined;
  /** How many images its series has. */
  instances: number;
  /** For the event. */
  details?: Readonly<Record<string, unknown>> | undefined;
}

/** States of a job whose structure set has not left yet. */
const UNDELIVERED: readonly JobState[] = ['received', 'fetching', 'contouring', 'delivering'];
const OVER: readonly JobState[] = ['failed', 'cancelled'];
const SAME_WORK = 'another job contours the same images by the same protocol';

/**
 * Makes a waiting job `received`, unless another does what it would do. All jobs of its series are locked until this is decided: of those that go by one protocol
 * to the same places and whose structure set has not left yet, one is left, that of the most images; of as many, the last.
 * @param sql a transaction
 * @returns the job, or the one in whose favour it was cancelled
 * @throws RondoError `job-missing`, `job-state`, `job-purged`; `job-duplicate` where another got its identity this moment: then it is to be done again
 */
export async function releaseJob(sql: Sql, id: string, { protocol, identity, destinations, instances, details }: Release, who: string): Promise<Job> {
  // In one order, lest two wait for each other.
  const rows = await sql.query<JobRow>('SELECT * FROM rondo.job WHERE series_uid = (SELECT series_uid FROM rondo.job WHERE id = $1) OR identity = $2 ORDER BY id FOR UPDATE', [id, identity]);
  const job = found(rows.filter((row) => row.id === id), id);
  if (job.state !== 'waiting') throw new RondoError('job-state', `The job ${id} is ${job.state}, expected waiting: it was changed meanwhile. Look at it again.`);
  if (job.source === null) throw new RondoError('job-purged', `What the job ${id} was made of was deleted by the retention rules: send the images again.`);
  const double = doubleOf(rows, id, identity);
  if (double !== undefined) return await giveWay(sql, job, double, { reason: SAME_WORK, instances }, who);
  const rivals = rows.filter((row) => row.id !== id && row.series_uid === job.series_uid && UNDELIVERED.includes(row.state) && row.protocol === protocol && placesOf(row.destinations) === placesOf(destinations));
  const images = await imagesOf(sql, rivals);
  const larger = rivals.find((row) => (images.get(row.id) ?? 0) > instances);
  if (larger !== undefined) return await giveWay(sql, job, larger, { reason: 'another job contours more images of the series', instances }, who);

  const released = await changeState(sql, job, 'received', { who, what: 'state changed', columns: { protocol, identity, problem: null, ...(destinations && { destinations }) }, details: { ...details, instances } });
  for (const earlier of rivals) await cancelFor(sql, earlier, job, { reason: 'more images of the series came' }, who);
  return jobOf(released);
}

/**
 * Ends a job that turned out to do what another does.
 * @param sql a transaction
 * @param identity by which the other is known
 * @returns the other; undefined where it has ended meanwhile, and then nothing has changed
 * @throws RondoError `job-missing`, `job-transition`
 */
export async function endAsDouble(sql: Sql, id: string, identity: string, who: string): Promise<Job | undefined> {
  const rows = await sql.query<JobRow>('SELECT * FROM rondo.job WHERE id = $1 OR identity = $2 ORDER BY id FOR UPDATE', [id, identity]);
  const double = doubleOf(rows, id, identity);
  return double && (await giveWay(sql, found(rows.filter((row) => row.id === id), id), double, { reason: SAME_WORK }, who));
}

function doubleOf(rows: readonly JobRow[], id: string, identity: string): JobRow | undefined {
  return rows.find((row) => row.id !== id && row.identity === identity && !OVER.includes(row.state));
}

/** Whoever asked for a job that ends may see the one that takes its place. */
async function giveWay(sql: Sql, job: JobRow, to: JobRow, details: Readonly<Record<string, unknown>>, who: string): Promise<Job> {
  await cancelFor(sql, job, to, details, who);
  const [{ who: asker }] = await sql.query<{ who: string }>('SELECT who FROM rondo.event WHERE job = $1 ORDER BY id LIMIT 1', [job.id]);
  await writeEvent(sql, to.id, { who: asker, what: 'came again', details: { origin: job.origin } });
  return jobOf(to);
}

/** Ends a job in favour of another, which orders follow from now on. */
async function cancelFor(sql: Sql, job: JobRow, other: JobRow, details: Readonly<Record<string, unknown>>, who: string): Promise<void> {
  await changeState(sql, job, 'cancelled', { who, what: 'cancelled', details: { ...details, job: other.id } });
  await moveOrders(sql, job.id, other.id);
}

/** With how many images jobs were made workable, as far as that was written down. */
async function imagesOf(sql: Sql, jobs: readonly JobRow[]): Promise<Map<string, number>> {
  const rows = await sql.query<{ job: string; instances: number }>(`
    SELECT job, max((details ->> 'instances')::integer) AS instances FROM rondo.event WHERE job = ANY ($1::uuid[]) AND to_state = 'received' AND details ? 'instances' GROUP BY job`, [jobs.map(({ id }) => id)]);
  return new Map(rows.map(({ job, instances }) => [job, instances]));
}

function placesOf(destinations: readonly string[] | null | undefined): string {
  return JSON.stringify(destinations ? [...destinations].sort() : null);
}

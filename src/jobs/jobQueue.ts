import PgBoss from 'pg-boss';
import type { Database, Sql } from './database.ts';
import { DeliveryStore } from './deliveryStore.ts';
import type { Job } from './job.ts';
import { JobLeases } from './jobLeases.ts';

const SCHEMA = 'rondo_queue';
const JOBS = 'rondo-job';
const DELIVERIES = 'rondo-delivery';

/** Any number that nothing else in the database locks: 'queue' in ASCII. */
const INSTALL_LOCK = 0x71_75_65_75_65;

/** pg-boss takes what is older than now, by a clock that may stand still for a millisecond. */
const AT_ONCE = '-1 second';

/** Messages that one sweep sends at most. */
const SWEEP = 100;

const POLL_SECONDS = 2;

/** A worker of pg-boss takes it for "no messages"; no rows would be taken for a row with a count. */
const NO_ANSWER = undefined as unknown as { rows: unknown[] };

/** No job takes as long: the message of a worker that died is given up; the job itself has a lease of its own. */
const EXPIRE_SECONDS = 12 * 60 * 60;

export interface JobQueueOptions {
  /** Told of what went wrong in the background: the queue goes on by itself. */
  onError: (error: unknown) => void;
}

/** A delivery that somebody should look at. */
export interface DeliveryMessage {
  jobId: string;
  destination: string;
}

/**
 * Wakes workers: messages that say "look at this job" and no more (pg-boss, schema `rondo_queue`). The rows of the jobs are the truth: whoever gets a
 * message claims what there is to do, and a message that comes twice or is lost does no harm.
 */
export class JobQueue {
  readonly #database: Database;
  readonly #db: PgBoss.Db;
  readonly #boss: PgBoss;
  readonly #leases: JobLeases;
  readonly #deliveries: DeliveryStore;
  readonly #workers = new Map<string, string[]>([[JOBS, []], [DELIVERIES, []]]);
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(database: Database, { onError }: JobQueueOptions) {
    this.#leases = new JobLeases(database);
    this.#deliveries = new DeliveryStore(database);
    this.#database = database;
    this.#db = dbOf(database);
    // pg-boss does not wait for its last word on a message, not even when it is stopped; that rejection, which nobody hears, would end the process.
    const unheard = async (text: string, values: unknown[]): Promise<{ rows: unknown[] }> => {
      try {
        return await this.#db.executeSql(text, values);
      } catch (error) {
        if (this.#state === 'new') throw error;
        if (this.#state === 'running') onError(error);
        return NO_ANSWER;
      }
    };
    this.#boss = new PgBoss({ db: { executeSql: unheard }, schema: SCHEMA, schedule: false, migrate: false });
    this.#boss.on('error', onError);
  }

  /** May be called again. @throws RondoError `database-unreachable` */
  async start(): Promise<void> {
    await this.#database.transaction(install);
    this.#state = 'new';
    await this.#boss.start();
    this.#state = 'running';
  }

  /** Waits for handlers that run. May be called again; the database stays open. */
  async stop(): Promise<void> {
    await this.#boss.stop();
    this.#state = 'stopped';
  }

  /** Calls `handler` when there may be a job to do: it claims the next one, which need not be that of the message. Call it once for each that may run at a time. */
  async onJob(handler: () => Promise<void>): Promise<void> {
    await this.#work(JOBS, handler);
  }

  /** Calls `handler` with a delivery that may be due: it claims it. */
  async onDelivery(handler: (delivery: DeliveryMessage) => Promise<void>): Promise<void> {
    await this.#work(DELIVERIES, (message) => handler(message as DeliveryMessage));
  }

  /** Says that there is a job to do. @throws RondoError `database-unreachable`; the next sweep says it then */
  async sendJob({ id, priority }: Pick<Job, 'id' | 'priority'>): Promise<void> {
    await this.#send(JOBS, { jobId: id }, id, { priority });
  }

  /** Says that there is a delivery to do, now or after a delay. */
  async sendDelivery({ jobId, destination, attempts }: DeliveryMessage & { attempts: number }, { priority = 0, delayMs = 0 } = {}): Promise<void> {
    // The attempt is part of the key: one that a person wants now is not held up by the message of the one that is to come later.
    await this.#send(DELIVERIES, { jobId, destination }, `${jobId} ${attempts} ${delayMs > 0 ? 'later' : 'now'} ${destination}`, { priority, ...(delayMs > 0 && { startAfter: delayMs / 1000 }) });
  }

  /**
   * Sends messages anew for jobs and deliveries that wait: their message was lost, or the lease of their worker ran out.
   * To be called by every worker every few seconds.
   * @returns how many wait
   */
  async sweep(): Promise<{ jobs: number; deliveries: number }> {
    const [jobs, deliveries] = [await this.#leases.toDo(SWEEP), await this.#deliveries.due(SWEEP)];
    for (const job of jobs) await this.sendJob(job);
    for (const delivery of deliveries) await this.sendDelivery(delivery, delivery);
    return { jobs: jobs.length, deliveries: deliveries.length };
  }

  async #send(name: string, data: object, singletonKey: string, options: PgBoss.SendOptions): Promise<void> {
    await this.#boss.send(name, data, { startAfter: AT_ONCE, singletonKey, db: this.#db, ...options });
    // Workers of this process need not wait until they look again.
    for (const worker of this.#workers.get(name) ?? []) this.#boss.notifyWorker(worker);
  }

  async #work(name: string, handler: (message: unknown) => Promise<void>): Promise<void> {
    const worker = await this.#boss.work(name, { pollingIntervalSeconds: POLL_SECONDS }, async ([{ data }]) => { await handler(data); });
    this.#workers.get(name)?.push(worker);
  }
}

function dbOf(sql: Sql): PgBoss.Db {
  return { executeSql: async (text, values) => ({ rows: await sql.query(text, values) }) };
}

/** Makes or updates the tables of pg-boss, whose own way of doing so fails where two processes start at the same moment. */
async function install(sql: Sql): Promise<void> {
  await sql.query('SELECT pg_advisory_xact_lock($1)', [INSTALL_LOCK]);
  const db = dbOf(sql);
  const inTransaction: PgBoss.Db = { executeSql: (text, values) => db.executeSql(text.replace(/^\s*BEGIN;|COMMIT;\s*$/g, ''), values) };
  const installer = new PgBoss({ db: inTransaction, schema: SCHEMA, schedule: false, supervise: false });
  await installer.start();
  // `short`: no second message of the same key while one lies there unread.
  for (const name of [JOBS, DELIVERIES]) await installer.createQueue(name, { name, policy: 'short', expireInSeconds: EXPIRE_SECONDS, retryLimit: 3, retryDelay: 5, retryBackoff: true });
  await installer.stop({ graceful: false });
}

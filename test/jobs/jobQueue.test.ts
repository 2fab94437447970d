import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobLeases, JobQueue, JobStore, retryDelayMs, StructureSetStore, type Database, type Job } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM } from './databases.ts';

const MINUTE_MS = 60_000;
const MESSAGES = "SELECT data, priority, start_after > now() AS later FROM rondo_queue.job WHERE name IN ('rondo-job', 'rondo-delivery') AND state = 'created' ORDER BY created_on";

/** A list that can be waited for. */
class Seen<T> {
  readonly all: T[] = [];
  #heard: () => void = () => undefined;

  add(value: T): void {
    this.all.push(value);
    this.#heard();
  }

  async count(count: number): Promise<T[]> {
    while (this.all.length < count) await new Promise<void>((resolve) => { this.#heard = resolve; });
    return this.all;
  }
}

describe.each(DATABASES)('the queue on %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let [jobs, leases, structureSets]: [JobStore, JobLeases, StructureSetStore] = [] as never;
  const errors: unknown[] = [];
  const queues: JobQueue[] = [];

  const startQueue = async (on = database): Promise<JobQueue> => {
    const queue = new JobQueue(on, { onError: (error) => errors.push(error) });
    queues.push(queue);
    await queue.start();
    return queue;
  };
  const create = async (job = {}): Promise<Job> => (await jobs.create(newJob(job), 'anna')).job;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    [jobs, leases, structureSets] = [new JobStore(database), new JobLeases(database), new StructureSetStore(database)];
  });
  beforeEach(() => empty(database));
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.stop()));
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(() => remove());

  it('wakes workers, and each job is done once however often they are woken', async () => {
    const queue = await startQueue();
    const done = new Seen<string>();
    const idle = new Seen<string>();
    for (const owner of ['w1', 'w2', 'w3']) {
      await queue.onJob(async () => {
        const job = await leases.claim(owner, MINUTE_MS);
        if (job) done.add(job.id);
        else idle.add(owner);
      });
    }
    const made = await Promise.all(Array.from({ length: 10 }, () => create()));
    for (const job of made) await queue.sendJob(job);
    expect([...await done.count(10)].sort()).toEqual(made.map(({ id }) => id).sort());
    await queue.sendJob(made[0]);
    await idle.count(1);
    expect(done.all).toHaveLength(10);
  });

  it('has one unread message of a job, whoever sends it', async () => {
    const [queue, other] = await Promise.all([startQueue(), startQueue()]);
    const job = await create({ priority: 7 });
    await Promise.all([queue.sendJob(job), other.sendJob(job), queue.sendJob(job), queue.sweep(), other.sweep()]);
    expect(await database.query(MESSAGES, [])).toEqual([{ data: { jobId: job.id }, priority: 7, later: false }]);
  });

  it('sweeps up jobs without a message and those whose lease ran out', async () => {
    const queue = await startQueue();
    const seen = new Seen<string | undefined>();
    await queue.onJob(async () => { seen.add((await leases.claim('w1', 0))?.id); });
    const { id } = await create();
    expect(await queue.sweep()).toEqual({ jobs: 1, deliveries: 0 });
    expect(await seen.count(1)).toEqual([id]);
    expect(await queue.sweep()).toEqual({ jobs: 1, deliveries: 0 });
    expect(await seen.count(2)).toEqual([id, id]);
    await jobs.cancel(id, 'anna');
    expect(await queue.sweep()).toEqual({ jobs: 0, deliveries: 0 });
  });

  it('sends deliveries when they are due; one that is wanted now is not held up by one that is to come later', async () => {
    const queue = await startQueue();
    const { id } = await create({ priority: 3 });
    await leases.claim('w1', MINUTE_MS);
    await jobs.transition(id, 'fetching', 'contouring', {}, 'w1');
    await structureSets.save(id, 'w1', { sopInstanceUid: '2.25.1', bytes: Uint8Array.of(1), summary: {}, notes: [] }, ['tps']);
    await queue.sendDelivery({ jobId: id, destination: 'tps', attempts: 0 }, { delayMs: 1500 * 1000, priority: 3 });
    expect(await queue.sweep()).toEqual({ jobs: 0, deliveries: 1 });
    const data = { jobId: id, destination: 'tps' };
    expect(await database.query(MESSAGES, [])).toEqual([{ data, priority: 3, later: true }, { data, priority: 3, later: false }]);
    const seen = new Seen<unknown>();
    await queue.onDelivery((delivery) => { seen.add(delivery); return Promise.resolve(); });
    expect(await seen.count(1)).toEqual([data]);
  });

  it('tries a message again whose handler failed', async () => {
    const queue = await startQueue();
    const seen = new Seen<number>();
    await queue.onJob(() => { seen.add(1); return Promise.reject(new Error(PROBLEM.message)); });
    await queue.sendJob(await create());
    await seen.count(2);
  });

  it('goes on when the database was away, and says so', async () => {
    let away = false;
    const lost = new Seen<string>();
    const shaky: Database = {
      ...database,
      query: (text, values) => {
        if (!away) return database.query(text, values);
        lost.add(text);
        return Promise.reject(new Error('away'));
      },
    };
    const queue = await startQueue(shaky);
    const seen = new Seen<number>();
    await queue.onJob(() => { away = true; seen.add(1); return Promise.resolve(); });
    await queue.sendJob(await create());
    await seen.count(1);
    // pg-boss's word that the message is done.
    expect((await lost.count(1))[0]).toContain('completed');
    await expect(queue.sendJob(await create())).rejects.toThrow('away');
    away = false;
    await queue.sendJob(await create());
    await seen.count(2);
    await lost.count(2);
    away = false;
    await Promise.all(queues.splice(0).map((started) => started.stop()));
    expect(errors.splice(0)).toContainEqual(expect.objectContaining({ message: 'away' }));
  });

  it('does not fall over the last word on a message when that comes after its end', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const lastWord = new Promise<never>((_resolve, reject) => { refuse = reject; });
    const said = new Seen<string>();
    const slow: Database = {
      ...database,
      query: (text, values) => {
        if (!text.includes("'completed'")) return database.query(text, values);
        said.add(text);
        return lastWord;
      },
    };
    const unhandled: unknown[] = [];
    const hear = (error: unknown): void => { unhandled.push(error); };
    process.on('unhandledRejection', hear);
    const queue = await startQueue(slow);
    await queue.onJob(() => Promise.resolve());
    await queue.sendJob(await create());
    await said.count(1);
    await queue.stop();
    refuse(new Error('closed'));
    await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });

  it('starts and stops again', async () => {
    const queue = await startQueue();
    await queue.start();
    await queue.stop();
    await queue.stop();
  });
});

it('waits longer after each failed delivery, an hour at most, and not everybody as long', () => {
  expect([1, 2, 3, 8, 9, 50].map((attempts) => retryDelayMs(attempts, () => 1) / 1000)).toEqual([15, 30, 60, 1920, 3600, 3600]);
  expect(retryDelayMs(1, () => 0)).toBe(7500);
});

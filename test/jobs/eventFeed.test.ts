import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DeliveryStore, EventFeed, JobLeases, JobStore, StructureSetStore, type Database } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM } from './databases.ts';

describe.each(DATABASES)('what happened to jobs in %s', (kind, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let jobs: JobStore;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    jobs = new JobStore(database);
  });
  beforeEach(() => empty(database));
  afterAll(() => remove());

  it('is read once, in order, and from where reading ended', async () => {
    const { job } = await jobs.create(newJob(), 'anna');
    const feed = await EventFeed.from(database);
    expect(await feed.read()).toEqual([]);
    await jobs.cancel(job.id, 'berta');
    const { job: second } = await jobs.create(newJob(), 'anna');
    const read = await feed.read();
    expect(read).toMatchObject([{ jobId: job.id, who: 'berta', what: 'cancelled', from: 'received', to: 'cancelled' }, { jobId: second.id, what: 'created', to: 'received' }]);
    expect(read[0].seconds.sinceChange).toBeGreaterThanOrEqual(0);
    expect(read[1].seconds.sinceChange).toBeUndefined();
    expect(await feed.read()).toEqual([]);
    expect(await (await EventFeed.from(database, read[0].resume)).read()).toMatchObject([{ jobId: second.id }]);
    expect(await (await EventFeed.from(database, 0)).read()).toHaveLength(3);
    // Of a database that was since put back to an older one.
    expect((await EventFeed.from(database, 1e12)).resume).toBe(feed.resume);
  });

  it('is not lost where an event of a smaller number is committed later', async () => {
    if (kind === 'PGlite') return; // It has one connection: transactions follow one another.
    const { job } = await jobs.create(newJob(), 'anna');
    const feed = await EventFeed.from(database);
    let read: Awaited<ReturnType<EventFeed['read']>> = [];
    await database.transaction(async (sql) => {
      await sql.query("INSERT INTO rondo.event (job, who, what) VALUES ($1, 'slow', 'begun first')", [job.id]);
      await jobs.create(newJob(), 'quick');
      read = await feed.read();
    });
    expect(read).toMatchObject([{ who: 'quick' }]);
    expect(await feed.read()).toMatchObject([{ who: 'slow' }]);
    expect(await feed.read()).toEqual([]);
    // Whoever went away after the first reading gets the second one too.
    expect(await (await EventFeed.from(database, read[0].resume)).read()).toMatchObject([{ who: 'slow' }, { who: 'quick' }]);
  });

  it('does not wait for a number that was rolled back', async () => {
    const { job } = await jobs.create(newJob(), 'anna');
    const feed = await EventFeed.from(database);
    await expect(database.transaction(async (sql) => {
      await sql.query("INSERT INTO rondo.event (job, who, what) VALUES ($1, 'x', 'rolled back')", [job.id]);
      throw new Error('rolled back');
    })).rejects.toThrow('rolled back');
    const before = feed.resume;
    await database.query("INSERT INTO rondo.event (job, who, what, at) VALUES ($1, 'x', 'long ago', clock_timestamp() - interval '2 minutes')", [job.id]);
    expect(await feed.read()).toMatchObject([{ what: 'long ago', resume: before + 2 }]);
  });

  it('tells progress, counts and who asked for what', async () => {
    const [leases, deliveries, sets] = [new JobLeases(database), new DeliveryStore(database), new StructureSetStore(database)];
    const { job } = await jobs.create(newJob({ identity: 'a' }), 'anna');
    await jobs.create(newJob({ identity: 'a' }), 'berta');
    const { job: other } = await jobs.create(newJob({ protocol: undefined, problem: PROBLEM }), 'berta');
    await leases.claim('w1', 60_000);
    await leases.setProgress(job.id, 'w1', { stage: 'network', done: 3, total: 9 });
    expect(await (await EventFeed.from(database)).progress()).toEqual([{ jobId: job.id, progress: { stage: 'network', done: 3, total: 9 } }]);
    await jobs.transition(job.id, 'fetching', 'contouring', {}, 'w1');
    await sets.save(job.id, 'w1', { sopInstanceUid: '2.25.1', bytes: Uint8Array.of(1), summary: {}, notes: [] }, ['pacs', 'tps']);
    expect(await deliveries.countStates()).toEqual({ waiting: 2 });
    expect((await deliveries.list([job.id, other.id])).map(({ destination }) => destination)).toEqual(['pacs', 'tps']);
    expect((await jobs.list({ askedBy: 'anna', limit: 9 })).map(({ id }) => id)).toEqual([job.id]);
    expect((await jobs.list({ askedBy: 'berta', limit: 9 })).map(({ id }) => id)).toEqual([other.id, job.id]);
    expect(await jobs.list({ askedBy: 'w1', limit: 9 })).toEqual([]);
    expect((await jobs.list({ state: ['waiting', 'failed'], limit: 9 })).map(({ id }) => id)).toEqual([other.id]);
    expect(await jobs.countStates('anna')).toEqual({ delivering: 1 });
    expect(await Promise.all([jobs.isAskedBy(job.id, 'anna'), jobs.isAskedBy(other.id, 'anna'), jobs.isAskedBy(job.id, 'w1')])).toEqual([true, false, false]);
  });
});

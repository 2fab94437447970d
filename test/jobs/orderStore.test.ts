import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobStore, OrderStore, type Database } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM } from './databases.ts';

const ORDER = { workitemUid: '1.2.3', transactionUid: '1.2.4', studyInstanceUid: '1.2' };

describe.each(DATABASES)('orders of a worklist in %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let jobs: JobStore;
  let orders: OrderStore;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    [jobs, orders] = [new JobStore(database), new OrderStore(database)];
  });
  beforeEach(() => empty(database));
  afterAll(() => remove());

  it('are kept before they are claimed, once, with the first transaction UID', async () => {
    expect(await orders.save(ORDER)).toEqual({ ...ORDER, state: 'scheduled', jobId: undefined, reported: undefined });
    expect(await orders.save({ ...ORDER, transactionUid: '9.9' })).toMatchObject({ transactionUid: '1.2.4' });
    expect(await orders.known(['1.2.3', '5.5'])).toHaveLength(1);
  });

  it('have one job, however often it is made, or the live one that does the same', async () => {
    await orders.save(ORDER);
    await orders.save({ ...ORDER, workitemUid: '1.2.5' });
    const made = await Promise.all([1, 2, 3].map(() => orders.createJob('1.2.3', newJob({ origin: 'worklist' }), 'worklist')));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const { job } = await jobs.create(newJob({ identity: 'same' }), 'ae:CT1');
    expect((await orders.createJob('1.2.5', newJob({ origin: 'worklist', identity: 'same' }), 'worklist')).id).toBe(job.id);
    expect((await orders.ofJob(job.id)).map(({ workitemUid }) => workitemUid)).toEqual(['1.2.5']);
  });

  it('end once, and are open until then', async () => {
    await orders.save(ORDER);
    await orders.createJob('1.2.3', newJob(), 'worklist');
    await orders.setState('1.2.3', 'claimed');
    await orders.setReported('1.2.3', { percent: 40, description: 'network' });
    expect(await orders.open()).toMatchObject([{ state: 'claimed', reported: { percent: 40, description: 'network' } }]);
    await orders.setState('1.2.3', 'completed');
    await orders.setState('1.2.3', 'canceled');
    expect(await orders.open()).toEqual([]);
    expect(await orders.countStates()).toEqual({ completed: 1 });
  });

  it('follow the job that does the same, when theirs is cancelled for it', async () => {
    await orders.save(ORDER);
    const mine = await orders.createJob('1.2.3', newJob({ origin: 'worklist', protocol: undefined, problem: PROBLEM }), 'worklist');
    const { job: other } = await jobs.create(newJob(), 'ae:CT1');
    await jobs.cancel(mine.id, 'anna', 'a double', other.id);
    expect((await orders.ofJob(other.id)).map(({ workitemUid }) => workitemUid)).toEqual(['1.2.3']);
    await jobs.cancel(other.id, 'anna');
    expect(await orders.current('1.2.3')).toMatchObject({ order: { jobId: other.id }, job: { id: other.id, state: 'cancelled' } });
    await orders.setState('1.2.3', 'canceled');
    expect(await orders.current('1.2.3')).toBeUndefined();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobStore, OrderStore, type Database, type Job, type NewJob, type Release } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM, refusal } from './databases.ts';

const ROUNDS = 10;

describe.each(DATABASES)('waiting jobs of one series that are released, in %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let jobs: JobStore;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    jobs = new JobStore(database);
  });
  beforeEach(() => empty(database));
  afterAll(() => remove());

  const waiting = async (job: Partial<NewJob> = {}): Promise<Job> => (await jobs.create(newJob({ protocol: undefined, problem: PROBLEM, ...job }), 'ae:CT1')).job;
  const of = (instances: number, more: Partial<Release> = {}): Release => ({ protocol: 'p', identity: `${instances} images`, instances, ...more });
  const statesOf = async (...all: readonly Job[]): Promise<string[]> => await Promise.all(all.map(async ({ id }) => (await jobs.get(id)).state));

  it('leave one, that of the most images, in whichever order they come and though they come at once', async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const all = await Promise.all([waiting(), waiting(), waiting()]);
      const released = await Promise.all(all.map(async ({ id }, k) => await jobs.release(id, of(10 * n + k), 'anna')));
      expect(await statesOf(...all)).toEqual(['cancelled', 'cancelled', 'received']);
      expect(released[2].id).toBe(all[2].id);
      await jobs.cancel(all[2].id, 'anna');
    }
  });

  it('leave one of as many images by other ones, and one of the same', async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const all = await Promise.all([waiting(), waiting(), waiting(), waiting()]);
      await Promise.all(all.map(async ({ id }, k) => await jobs.release(id, of(5, { identity: `${n} ${k % 2}` }), 'anna')));
      const states = await statesOf(...all);
      expect(states.filter((state) => state === 'received')).toHaveLength(1);
      expect(states.filter((state) => state === 'cancelled')).toHaveLength(3);
      await jobs.cancel(all[states.indexOf('received')].id, 'anna');
    }
  });

  it('end as overtaken where an unfinished one has more images, and point at it', async () => {
    const [more, fewer] = [await waiting(), await waiting({ origin: 'api' })];
    await jobs.release(more.id, of(8), 'anna');
    expect(await jobs.release(fewer.id, of(7), 'berta')).toMatchObject({ id: more.id, state: 'received' });
    expect((await jobs.events(fewer.id)).at(-1)).toMatchObject({ who: 'berta', what: 'cancelled', from: 'waiting', details: { reason: 'another job contours more images of the series', job: more.id, instances: 7 } });
    expect((await jobs.events(more.id)).at(-1)).toMatchObject({ who: 'ae:CT1', what: 'came again', details: { origin: 'api' } });
    expect(await jobs.isAskedBy(more.id, 'ae:CT1')).toBe(true);
  });

  it('leave alone those of another protocol, of other places, and those whose structure set has left', async () => {
    const [first, other, elsewhere, last, delivered] = await Promise.all([waiting(), waiting(), waiting(), waiting(), waiting()]);
    await jobs.release(delivered.id, of(9), 'anna');
    await database.query("UPDATE rondo.job SET state = 'delivered' WHERE id = $1", [delivered.id]);
    await jobs.release(first.id, of(6, { destinations: ['b', 'a'] }), 'anna');
    await jobs.release(other.id, of(7, { protocol: 'q', identity: 'q', destinations: ['a', 'b'] }), 'anna');
    await jobs.release(elsewhere.id, of(5), 'anna');
    expect(await statesOf(first, other, elsewhere, delivered)).toEqual(['received', 'received', 'received', 'delivered']);
    await jobs.release(last.id, of(8, { destinations: ['a', 'b'] }), 'anna');
    expect(await statesOf(first, other, elsewhere, last)).toEqual(['cancelled', 'received', 'received', 'received']);
    expect((await jobs.events(first.id)).at(-1)).toMatchObject({ what: 'cancelled', details: { reason: 'more images of the series came', job: last.id } });
    expect(await jobs.get(last.id)).toMatchObject({ destinations: ['a', 'b'], problem: undefined });
  });

  it('hand what was ordered of them to the one that stays', async () => {
    const orders = new OrderStore(database);
    await orders.save({ workitemUid: '1.5', transactionUid: '1.6', studyInstanceUid: '1.2.3' });
    const ordered = await orders.createJob('1.5', { ...newJob({ origin: 'worklist', protocol: 'p', identity: 'ordered' }), details: { instances: 4 } }, 'worklist');
    const [more, fewer] = [await waiting(), await waiting()];
    expect((await jobs.release(fewer.id, of(3), 'anna')).id).toBe(ordered.id);
    await jobs.release(more.id, of(5), 'anna');
    expect(await statesOf(ordered, fewer, more)).toEqual(['cancelled', 'cancelled', 'received']);
    expect(await orders.ofJob(more.id)).toMatchObject([{ workitemUid: '1.5' }]);
  });

  it('meet one that is made with the same identity at this moment', async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const { id } = await waiting();
      const [made, released] = await Promise.all([jobs.create(newJob({ protocol: 'p', identity: `${n}` }), 'worklist'), jobs.release(id, of(5, { identity: `${n}` }), 'anna')]);
      expect(released.id).toBe(made.job.id);
      await jobs.cancel(released.id, 'anna');
    }
  });

  it('are refused where they do not wait any more', async () => {
    const { id } = await waiting();
    await jobs.cancel(id, 'anna');
    expect(await refusal(() => jobs.release(id, of(5), 'anna'))).toMatchObject({ code: 'job-state' });
    expect(await refusal(() => jobs.release('00000000-0000-4000-8000-000000000000', of(5), 'anna'))).toMatchObject({ code: 'job-missing' });
  });
});

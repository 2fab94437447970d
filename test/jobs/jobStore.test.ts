import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DeliveryStore, JOB_STATES, JOB_TRANSITIONS, JobLeases, JobStore, StructureSetStore, purge, type Database, type Job, type JobState, type NewStructureSet } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM, refusal } from './databases.ts';

/** A lease that has run out when it is given. */
const RUN_OUT = 0;
const MINUTE_MS = 60_000;

let made = 0;
function newStructureSet(): NewStructureSet {
  made += 1;
  return { sopInstanceUid: `2.25.${made}`, bytes: Uint8Array.of(0, 1, 2, 255), summary: { structures: 3 }, notes: ['Heart: cut'], details: { model: 'abc' } };
}

describe.each(DATABASES)('jobs in %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let [jobs, leases, deliveries, structureSets]: [JobStore, JobLeases, DeliveryStore, StructureSetStore] = [] as never;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    [jobs, leases, deliveries, structureSets] = [new JobStore(database), new JobLeases(database), new DeliveryStore(database), new StructureSetStore(database)];
  });
  beforeEach(() => empty(database));
  afterAll(() => remove());

  const create = async (job = {}): Promise<Job> => (await jobs.create(newJob(job), 'ae:CT1')).job;

  /** A job of the state, by the shortest way that a job can go. */
  const inState = async (state: JobState): Promise<Job> => {
    if (state === 'waiting') return await create({ problem: PROBLEM });
    const job = await create();
    if (state === 'received') return job;
    if (state === 'failed') return await jobs.transition(job.id, 'received', 'failed', { problem: PROBLEM }, 'anna');
    if (state === 'cancelled') return await jobs.cancel(job.id, 'anna');
    const claimed = await leases.claim('w1', MINUTE_MS);
    if (state === 'fetching') return claimed as Job;
    const contouring = await jobs.transition(job.id, 'fetching', 'contouring', {}, 'w1');
    if (state === 'contouring') return contouring;
    const delivering = await structureSets.save(job.id, 'w1', newStructureSet(), state === 'delivering' ? ['tps'] : []);
    if (state === 'delivering' || state === 'delivered') return delivering;
    const corrected = await jobs.transition(job.id, 'delivered', 'corrected', {}, 'anna');
    return state === 'corrected' ? corrected : await jobs.transition(job.id, 'corrected', 'approved', {}, 'anna');
  };

  it('are created, kept whole, read and listed', async () => {
    const { job, created } = await jobs.create(newJob({ identity: 'a', priority: 5, details: { instances: 120 } }), 'ae:CT1');
    expect(created).toBe(true);
    expect(job).toEqual({
      id: job.id, state: 'received', priority: 5, protocol: 'breast-left-whole', source: newJob().source, origin: 'dimse', arrival: {}, destinations: undefined, seriesInstanceUid: '1.2.3.4', identity: 'a', attempts: 0, postponed: 0,
      problem: undefined, progress: undefined, notes: [], resultSopInstanceUid: undefined, notBefore: undefined, lease: undefined, createdAt: job.createdAt, changedAt: job.changedAt,
    });
    expect(Math.abs(job.createdAt.getTime() - Date.now())).toBeLessThan(MINUTE_MS);
    expect(await jobs.get(job.id)).toEqual(job);
    expect(await jobs.events(job.id)).toEqual([{ at: expect.any(Date), who: 'ae:CT1', what: 'created', from: undefined, to: 'received', details: { origin: 'dimse', instances: 120 } }]);

    const waiting = await create({ protocol: undefined, problem: PROBLEM });
    expect(waiting).toMatchObject({ state: 'waiting', problem: PROBLEM, protocol: undefined });
    const others = [await create(), await create(), await create()];
    const all = [...others.reverse(), waiting, job].map(({ id }) => id);
    expect((await jobs.list({ limit: 10 })).map(({ id }) => id)).toEqual(all);
    expect((await jobs.list({ limit: 2, before: all[1] })).map(({ id }) => id)).toEqual(all.slice(2, 4));
    expect((await jobs.list({ limit: 10, state: 'waiting' })).map(({ id }) => id)).toEqual([waiting.id]);
    expect(await jobs.countStates()).toEqual({ received: 4, waiting: 1 });
    expect(await refusal(() => jobs.get('00000000-0000-4000-8000-000000000000'))).toMatchObject({ code: 'job-missing' });
    expect(await refusal(() => create({ protocol: undefined }))).toMatchObject({ code: 'job-protocol' });
  });

  it.each(JOB_STATES.flatMap((from) => JOB_STATES.map((to) => ({ from, to }))))('go from $from to $to where the table says so, and not else', async ({ from, to }) => {
    const job = await inState(from);
    expect(job.state).toBe(from);
    const events = await jobs.events(job.id);
    const go = (): Promise<Job> => jobs.transition(job.id, from, to as never, { problem: to === 'failed' || to === 'waiting' ? PROBLEM : undefined }, job.lease?.owner ?? 'anna');
    // A lease is given by `claim` only.
    if ((JOB_TRANSITIONS[from] as readonly JobState[]).includes(to) && to !== 'fetching') {
      expect(await go()).toMatchObject({ state: to });
      expect(await jobs.events(job.id)).toEqual([...events, expect.objectContaining({ who: job.lease?.owner ?? 'anna', what: 'state changed', from, to })]);
    } else if (from === 'received' && to === 'fetching') {
      await expect(go()).rejects.toThrow('job_lease');
      expect(await jobs.get(job.id)).toEqual(job);
    } else {
      expect(await refusal(go)).toMatchObject({ code: 'job-transition', message: expect.stringContaining(`is ${from}`) });
      expect(await jobs.get(job.id)).toEqual(job);
      expect(await jobs.events(job.id)).toEqual(events);
    }
  });

  it('change state once where two want to, and only from the state that was seen', async () => {
    const { id } = await create();
    const ended = await Promise.allSettled([jobs.transition(id, 'received', 'failed', { problem: PROBLEM }, 'anna'), jobs.cancel(id, 'bert')]);
    expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    expect(await jobs.events(id)).toHaveLength(1 + ended.filter(({ status }) => status === 'fulfilled').length);
    expect(await refusal(() => jobs.transition(id, 'received', 'failed', { problem: PROBLEM }, 'anna'))).toMatchObject({ code: 'job-state' });
  });

  it('change nothing where the event cannot be written', async () => {
    const { id } = await create();
    await expect(jobs.transition(id, 'received', 'failed', { problem: PROBLEM }, null as never)).rejects.toThrow();
    expect(await jobs.get(id)).toMatchObject({ state: 'received' });
  });

  it('are the same job where they have the same identity, until it failed or was cancelled', async () => {
    const first = await create({ identity: 'a' });
    const again = await jobs.create(newJob({ identity: 'a', origin: 'stow' }), 'tps');
    expect(again).toMatchObject({ created: false, job: { id: first.id } });
    expect((await jobs.events(first.id)).map(({ who, what }) => [who, what])).toEqual([['ae:CT1', 'created'], ['tps', 'came again']]);
    const many = await Promise.all(Array.from({ length: 8 }, () => jobs.create(newJob({ identity: 'b' }), 'tps')));
    expect(many.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(many.map(({ job }) => job.id)).size).toBe(1);

    await jobs.transition(first.id, 'received', 'failed', { problem: PROBLEM }, 'anna');
    const second = await jobs.create(newJob({ identity: 'a' }), 'tps');
    expect(second.created).toBe(true);
    expect(await refusal(() => jobs.rerun(first.id, 'anna'))).toMatchObject({ code: 'job-duplicate' });
    await jobs.cancel(second.job.id, 'anna', 'wrong patient position');
    expect(await jobs.rerun(first.id, 'anna')).toMatchObject({ state: 'received', problem: undefined, attempts: 0 });

    const waiting = await create({ protocol: undefined, problem: PROBLEM });
    expect(await refusal(() => jobs.transition(waiting.id, 'waiting', 'received', { protocol: 'p', identity: 'a' }, 'anna'))).toMatchObject({ code: 'job-duplicate' });
    expect(await jobs.transition(waiting.id, 'waiting', 'received', { protocol: 'p', identity: 'c', priority: 9 }, 'anna')).toMatchObject({ protocol: 'p', identity: 'c', priority: 9, problem: undefined });
  });

  it('are claimed by priority, then by age, each once', async () => {
    const [old, young, urgent] = [await create(), await create(), await create({ priority: 10 })];
    await create({ problem: PROBLEM });
    expect((await leases.toDo(10)).map(({ id }) => id)).toEqual([urgent.id, old.id, young.id]);
    const claimed = await leases.claim('w1', MINUTE_MS);
    expect(claimed).toMatchObject({ id: urgent.id, state: 'fetching', attempts: 1, lease: { owner: 'w1' } });
    expect((claimed as Job).lease?.until.getTime()).toBeGreaterThan(Date.now());
    expect([(await leases.claim('w2', MINUTE_MS))?.id, (await leases.claim('w2', MINUTE_MS))?.id, await leases.claim('w2', MINUTE_MS)]).toEqual([old.id, young.id, undefined]);
  });

  it('are changed, while a worker has them, by that worker only', async () => {
    const { id } = await inState('contouring');
    expect(await leases.renew(id, 'w1', MINUTE_MS)).toBe(true);
    expect(await leases.setProgress(id, 'w1', { stage: 'contouring', done: 1, total: 3 })).toBe(true);
    expect((await jobs.get(id)).progress).toEqual({ stage: 'contouring', done: 1, total: 3 });
    expect([await leases.renew(id, 'w2', MINUTE_MS), await leases.setProgress(id, 'w2', { stage: 'x', done: 0, total: 0 })]).toEqual([false, false]);
    for (const call of [
      () => jobs.transition(id, 'contouring', 'failed', { problem: PROBLEM }, 'w2'), () => leases.release(id, 'w2'), () => structureSets.save(id, 'w2', newStructureSet(), []),
    ]) expect(await refusal(call)).toMatchObject({ code: 'lease-lost' });
    expect(await jobs.cancel(id, 'anna')).toMatchObject({ state: 'cancelled', lease: undefined, progress: undefined });
    expect(await leases.renew(id, 'w1', MINUTE_MS)).toBe(false);
    expect(await refusal(() => structureSets.save(id, 'w1', newStructureSet(), []))).toMatchObject({ code: 'lease-lost' });
  });

  it('go to another worker when the lease ran out, and are given up after three', async () => {
    const { id } = await create();
    expect(await leases.claim('w1', RUN_OUT)).toMatchObject({ id });
    await jobs.transition(id, 'fetching', 'contouring', {}, 'w1');
    expect((await leases.toDo(10)).map((job) => job.id)).toEqual([id]);
    expect(await leases.claim('w2', RUN_OUT)).toMatchObject({ id, attempts: 2, state: 'fetching', lease: { owner: 'w2' } });
    expect(await leases.renew(id, 'w1', MINUTE_MS)).toBe(false);
    expect(await refusal(() => jobs.transition(id, 'fetching', 'contouring', {}, 'w1'))).toMatchObject({ code: 'lease-lost' });
    // Not taken by anybody yet: who had it may go on.
    expect(await leases.renew(id, 'w2', RUN_OUT)).toBe(true);
    expect(await leases.claim('w3', RUN_OUT)).toMatchObject({ attempts: 3 });
    expect(await leases.claim('w4', RUN_OUT)).toBeUndefined();
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', problem: { code: 'job-attempts' }, lease: undefined });
    expect((await jobs.events(id)).map(({ who, what, from, to }) => [who, what, from, to].join(' '))).toEqual([
      'ae:CT1 created  received', 'w1 claimed received fetching', 'w1 state changed fetching contouring', 'w2 lease ran out contouring received', 'w2 claimed received fetching',
      'w3 lease ran out fetching received', 'w3 claimed received fetching', 'w4 lease ran out fetching received', 'w4 given up received failed',
    ]);
    expect(await jobs.rerun(id, 'anna')).toMatchObject({ state: 'received', attempts: 0, problem: undefined });
  });

  it('are handed back: at once without an attempt, or put off with the reason, which fails them in the end', async () => {
    const { id } = await create();
    await leases.claim('w1', MINUTE_MS);
    expect(await leases.release(id, 'w1')).toMatchObject({ state: 'received', attempts: 0, lease: undefined });
    await leases.claim('w1', MINUTE_MS);
    const later = await leases.release(id, 'w1', { problem: PROBLEM, delayMs: MINUTE_MS, isAttempt: true });
    expect(later).toMatchObject({ state: 'received', attempts: 1, problem: PROBLEM });
    expect(later.notBefore?.getTime()).toBeGreaterThan(Date.now());
    expect([await leases.claim('w1', MINUTE_MS), await leases.toDo(10)]).toEqual([undefined, []]);
    await database.query("UPDATE rondo.job SET not_before = clock_timestamp() WHERE id = $1", [id]);
    expect(await leases.claim('w1', MINUTE_MS)).toMatchObject({ attempts: 2, notBefore: undefined, problem: undefined });
    await leases.release(id, 'w1', { problem: PROBLEM, delayMs: 0, isAttempt: true });
    await leases.claim('w1', MINUTE_MS);
    expect(await leases.release(id, 'w1', { problem: PROBLEM, delayMs: 0, isAttempt: true })).toMatchObject({ state: 'failed', problem: PROBLEM, notBefore: undefined });
  });

  it('bear an archive that is away for long: it costs none of their attempts', async () => {
    const { id } = await create();
    for (let postponed = 1; postponed <= 5; postponed++) {
      await leases.claim('w1', MINUTE_MS);
      expect(await leases.release(id, 'w1', { problem: PROBLEM, delayMs: 0, isAttempt: false })).toMatchObject({ state: 'received', attempts: 0, postponed, problem: PROBLEM });
    }
    await leases.claim('w1', MINUTE_MS);
    await jobs.transition(id, 'fetching', 'failed', { problem: PROBLEM }, 'w1');
    expect(await jobs.rerun(id, 'anna')).toMatchObject({ attempts: 0, postponed: 0 });
  });

  it('keep their structure set with a delivery to each destination, all or nothing', async () => {
    const { id } = await inState('contouring');
    const set = newStructureSet();
    await expect(structureSets.save(id, 'w1', set, ['tps', 'tps'])).rejects.toThrow();
    expect([await structureSets.get(id), await deliveries.list(id), (await jobs.get(id)).state]).toEqual([undefined, [], 'contouring']);
    expect(await structureSets.save(id, 'w1', set, ['tps', 'pacs'])).toMatchObject({ state: 'delivering', resultSopInstanceUid: set.sopInstanceUid, notes: ['Heart: cut'], lease: undefined });
    expect(await structureSets.get(id)).toEqual({
      sopInstanceUid: set.sopInstanceUid, bytes: set.bytes, sha256: '3d1f57c984978ef98a18378c8166c1cb8ede02c03eeb6aee7e2f121dfeee3e56', summary: { structures: 3 }, createdAt: expect.any(Date),
    });
    expect((await deliveries.due(10)).map(({ destination, state, attempts }) => [destination, state, attempts])).toEqual([['tps', 'waiting', 0], ['pacs', 'waiting', 0]]);
    expect((await jobs.events(id)).at(-1)).toMatchObject({ what: 'structure set made', details: { sopInstanceUid: set.sopInstanceUid, model: 'abc', destinations: ['tps', 'pacs'] } });
    const other = await inState('contouring');
    // The same input, so the same UID: what may have been delivered stays as it is.
    expect(await structureSets.save(other.id, 'w1', { ...set, bytes: Uint8Array.of(9) }, [])).toMatchObject({ state: 'delivered', resultSopInstanceUid: set.sopInstanceUid });
    expect((await structureSets.get(other.id))?.bytes).toEqual(set.bytes);
  });

  it('are delivered when all destinations have them, each by one worker at a time', async () => {
    const { id } = await inState('contouring');
    await structureSets.save(id, 'w1', newStructureSet(), ['tps', 'pacs']);
    const taken = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((owner) => deliveries.claim(id, 'tps', owner, MINUTE_MS)));
    expect(taken.filter((delivery) => delivery !== undefined)).toHaveLength(1);
    const owner = `w${taken.findIndex((delivery) => delivery !== undefined) + 1}`;
    expect(await refusal(() => deliveries.record(id, 'tps', 'other', { state: 'delivered' }))).toMatchObject({ code: 'lease-lost' });
    expect(await deliveries.record(id, 'tps', owner, { state: 'verified' })).toMatchObject({ state: 'verified', attempts: 1 });
    expect((await jobs.get(id)).state).toBe('delivering');
    expect(await refusal(() => deliveries.retry(id, 'tps', 'anna'))).toMatchObject({ code: 'delivery-done' });
    // A worker that died while it sent.
    expect(await deliveries.claim(id, 'pacs', 'w1', RUN_OUT)).toMatchObject({ attempts: 1 });
    expect(await deliveries.claim(id, 'pacs', 'w2', MINUTE_MS)).toMatchObject({ attempts: 2 });
    expect(await refusal(() => deliveries.record(id, 'pacs', 'w1', { state: 'delivered' }))).toMatchObject({ code: 'lease-lost' });
    await deliveries.record(id, 'pacs', 'w2', { state: 'delivered' });
    expect((await jobs.get(id)).state).toBe('delivered');
    expect(await refusal(() => deliveries.claim(id, 'pacs', 'w2', MINUTE_MS).then((got) => { expect(got).toBeUndefined(); return deliveries.record(id, 'none', 'w2', { state: 'delivered' }); }))).toMatchObject({ code: 'delivery-missing' });
    expect((await jobs.events(id)).slice(-3).map(({ who, what, details }) => [who, what, details?.destination])).toEqual([[owner, 'verified', 'tps'], ['w2', 'delivered', 'pacs'], ['w2', 'state changed', undefined]]);
  });

  it('have deliveries that are handed back: no attempt, and no failure', async () => {
    const { id } = await inState('delivering');
    await deliveries.claim(id, 'tps', 'w1', MINUTE_MS);
    expect(await refusal(() => deliveries.release(id, 'tps', 'other'))).toMatchObject({ code: 'lease-lost' });
    expect(await deliveries.release(id, 'tps', 'w1')).toMatchObject({ state: 'waiting', attempts: 0, problem: undefined });
    expect(await deliveries.claim(id, 'tps', 'w2', MINUTE_MS)).toMatchObject({ attempts: 1 });
    expect((await jobs.events(id)).at(-1)).toMatchObject({ who: 'w1', what: 'delivery handed back', details: { destination: 'tps' } });
  });

  it('fail when a delivery is given up and none is left to try; a person may have it tried again', async () => {
    const { id } = await inState('contouring');
    await structureSets.save(id, 'w1', newStructureSet(), ['tps', 'pacs']);
    await deliveries.claim(id, 'tps', 'w1', MINUTE_MS);
    expect(await deliveries.record(id, 'tps', 'w1', { state: 'failed', problem: PROBLEM, delayMs: MINUTE_MS })).toMatchObject({ state: 'waiting', problem: PROBLEM });
    expect(await deliveries.claim(id, 'tps', 'w1', MINUTE_MS)).toBeUndefined();
    expect((await deliveries.due(10)).map(({ destination }) => destination)).toEqual(['pacs']);
    expect(await deliveries.retry(id, 'tps', 'anna')).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(await deliveries.claim(id, 'tps', 'w1', MINUTE_MS)).toMatchObject({ attempts: 2 });
    await deliveries.record(id, 'tps', 'w1', { state: 'failed', problem: PROBLEM });
    expect((await jobs.get(id)).state).toBe('delivering');
    await deliveries.claim(id, 'pacs', 'w1', MINUTE_MS);
    await deliveries.record(id, 'pacs', 'w1', { state: 'delivered' });
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', problem: { code: 'delivery', message: expect.stringContaining('tps'), cure: PROBLEM.cure } });
    expect(await deliveries.retry(id, 'tps', 'anna')).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(await jobs.get(id)).toMatchObject({ state: 'delivering', problem: undefined });
    await deliveries.claim(id, 'tps', 'w1', MINUTE_MS);
    await deliveries.record(id, 'tps', 'w1', { state: 'delivered' });
    expect((await jobs.get(id)).state).toBe('delivered');
  });

  it('stay cancelled where a delivery was on its way', async () => {
    const { id } = await inState('delivering');
    await deliveries.claim(id, 'tps', 'w1', MINUTE_MS);
    await jobs.cancel(id, 'anna');
    expect(await deliveries.record(id, 'tps', 'w1', { state: 'failed', problem: PROBLEM, delayMs: 0 })).toMatchObject({ state: 'waiting' });
    expect([(await jobs.get(id)).state, await deliveries.due(10), await deliveries.claim(id, 'tps', 'w1', MINUTE_MS)]).toEqual(['cancelled', [], undefined]);
    expect(await refusal(() => deliveries.retry(id, 'tps', 'anna'))).toMatchObject({ code: 'job-transition' });
  });

  it('can be begun anew after a delivery failed, and deliver what they then make', async () => {
    const { id } = await inState('delivering');
    await deliveries.claim(id, 'tps', 'w1', MINUTE_MS);
    await deliveries.record(id, 'tps', 'w1', { state: 'failed', problem: PROBLEM });
    await jobs.rerun(id, 'anna');
    expect(await refusal(() => deliveries.retry(id, 'tps', 'anna'))).toMatchObject({ code: 'job-transition' });
    await leases.claim('w2', MINUTE_MS);
    await jobs.transition(id, 'fetching', 'contouring', {}, 'w2');
    const set = newStructureSet();
    await structureSets.save(id, 'w2', set, ['pacs']);
    expect((await structureSets.get(id))?.sopInstanceUid).toBe(set.sopInstanceUid);
    expect((await deliveries.list(id)).map(({ destination }) => destination)).toEqual(['pacs']);
  });

  it.each(['UPDATE rondo.event SET who = $$nobody$$', 'DELETE FROM rondo.event', 'TRUNCATE rondo.event', 'TRUNCATE rondo.job CASCADE'])('have events that cannot be changed or deleted: %s', async (statement) => {
    const { id } = await create();
    const events = await jobs.events(id);
    await expect(database.query(statement)).rejects.toMatchObject({ code: 'RO001' });
    await expect(database.query(statement, [])).rejects.toMatchObject({ code: 'RO001' });
    expect(await jobs.events(id)).toEqual(events);
  });

  it('begin anew where they failed: before they were released they wait for a look, with or without a protocol', async () => {
    const [chosen, open] = [await create({ problem: PROBLEM }), await create({ problem: PROBLEM, protocol: undefined })];
    for (const { id } of [chosen, open]) {
      await jobs.transition(id, 'waiting', 'failed', { problem: PROBLEM }, 'anna');
      expect(await jobs.rerun(id, 'anna')).toMatchObject({ state: 'waiting', problem: { code: 'series-looked-at' } });
    }
    await jobs.release(chosen.id, { protocol: 'p', identity: 'i', instances: 3 }, 'anna');
    await jobs.transition(chosen.id, 'received', 'failed', { problem: PROBLEM }, 'anna');
    expect(await jobs.rerun(chosen.id, 'anna')).toMatchObject({ state: 'received', problem: undefined });
  });

  it('lose what they keep of patients when they are old, and say so', async () => {
    const old = await inState('delivered');
    const failed = await inState('failed');
    await database.query("UPDATE rondo.job SET changed_at = clock_timestamp() - interval '31 days'", []);
    const [young, live] = [await inState('delivered'), await inState('delivering')];
    expect(await purge(database, { olderThanDays: 30 }, 'retention')).toBe(2);
    expect(await jobs.get(old.id)).toMatchObject({ state: 'delivered', source: undefined, seriesInstanceUid: '1.2.3.4' });
    expect(await structureSets.get(old.id)).toMatchObject({ bytes: undefined, sha256: expect.any(String) });
    expect((await jobs.events(old.id)).at(-1)).toMatchObject({ who: 'retention', what: 'purged', details: { olderThanDays: 30, structureSets: [old.resultSopInstanceUid] } });
    expect(await refusal(() => jobs.rerun(failed.id, 'anna'))).toMatchObject({ code: 'job-purged' });
    for (const { id } of [young, live]) expect([(await jobs.get(id)).source, (await structureSets.get(id))?.bytes]).toEqual([newJob().source, newStructureSet().bytes]);
    expect(await purge(database, { olderThanDays: 30 }, 'retention')).toBe(0);
  });

  it('keep a structure set that another job made too, until that one is old as well', async () => {
    const set = newStructureSet();
    const make = async (destinations: readonly string[]): Promise<Job> => {
      const { id } = await create({ identity: destinations.join() });
      await leases.claim('w1', MINUTE_MS);
      await jobs.transition(id, 'fetching', 'contouring', {}, 'w1');
      return await structureSets.save(id, 'w1', set, destinations);
    };
    const age = async (): Promise<unknown> => await database.query("UPDATE rondo.job SET changed_at = clock_timestamp() - interval '31 days' WHERE state <> 'delivering'", []);
    const old = await make([]);
    const later = await make(['tps']);
    await age();
    expect(await purge(database, { olderThanDays: 30 }, 'retention')).toBe(1);
    expect([(await jobs.get(old.id)).source, (await structureSets.get(later.id))?.bytes]).toEqual([undefined, set.bytes]);
    expect((await jobs.events(old.id)).at(-1)).toMatchObject({ what: 'purged', details: { structureSets: [] } });
    expect(await purge(database, { olderThanDays: 30 }, 'retention')).toBe(0);
    await deliveries.claim(later.id, 'tps', 'w1', MINUTE_MS);
    await deliveries.record(later.id, 'tps', 'w1', { state: 'verified' });
    await age();
    expect(await purge(database, { olderThanDays: 30 }, 'retention')).toBe(2);
    expect((await structureSets.get(later.id))?.bytes).toBeUndefined();
    for (const { id } of [old, later]) expect((await jobs.events(id)).at(-1)).toMatchObject({ what: 'purged', details: { structureSets: [set.sopInstanceUid] } });
  });

  it('are contoured again once what the same one made is deleted', async () => {
    const release = { protocol: 'p', identity: 'i', instances: 3 };
    const waiting = async (): Promise<Job> => await create({ problem: PROBLEM, protocol: undefined });
    const first = await jobs.release((await waiting()).id, release, 'anna');
    await leases.claim('w1', MINUTE_MS);
    await jobs.transition(first.id, 'fetching', 'contouring', {}, 'w1');
    await structureSets.save(first.id, 'w1', newStructureSet(), []);
    expect((await jobs.release((await waiting()).id, release, 'anna')).id).toBe(first.id);
    await database.query("UPDATE rondo.job SET changed_at = clock_timestamp() - interval '31 days'", []);
    await purge(database, { olderThanDays: 30 }, 'retention');
    const again = await waiting();
    expect(await jobs.release(again.id, release, 'anna')).toMatchObject({ id: again.id, state: 'received' });
  });
});

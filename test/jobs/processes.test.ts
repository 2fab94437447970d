import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobLeases, JobStore, StructureSetStore, openDatabase, type Database, type Job } from '../../src/jobs/index.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startChild, type Child } from './child.ts';
import { DATABASES, empty, newJob, openNew, refusal } from './databases.ts';

const MINUTE_MS = 60_000;
const JOBS = 40;

async function createMany(jobs: JobStore): Promise<Job[]> {
  return await Promise.all(Array.from({ length: JOBS }, async (_, index) => (await jobs.create(newJob({ identity: String(index), priority: index % 3 }), 'anna')).job));
}

/** Each job was begun once and is done. */
async function expectDoneOnce(jobs: JobStore, done: readonly string[], made: readonly Job[]): Promise<void> {
  expect([...done].sort()).toEqual(made.map(({ id }) => id).sort());
  expect(await jobs.countStates()).toEqual({ delivered: JOBS });
  for (const { id } of made) expect((await jobs.events(id)).map(({ what }) => what)).toEqual(['created', 'claimed', 'state changed', 'structure set made', 'no destination']);
}

describe.each(DATABASES)('four workers on %s', (name, newPlace) => {
  it('do every job once', async () => {
    const { database, options, remove } = await openNew(newPlace);
    // Of the embedded database there is one connection only.
    const connections = name === 'PGlite' ? [database, database, database, database] : await Promise.all(Array.from({ length: 4 }, () => openDatabase(options)));
    try {
      const jobs = new JobStore(database);
      const made = await createMany(jobs);
      const done: string[] = [];
      await Promise.all(connections.map(async (connection, index) => {
        const owner = `w${index}`;
        for (let job = await new JobLeases(connection).claim(owner, MINUTE_MS); job; job = await new JobLeases(connection).claim(owner, MINUTE_MS)) {
          await new JobStore(connection).transition(job.id, 'fetching', 'contouring', {}, owner);
          done.push(job.id);
          await new StructureSetStore(connection).save(job.id, owner, { sopInstanceUid: `2.25.${done.length}`, bytes: Uint8Array.of(1), summary: {}, notes: [] }, []);
        }
      }));
      await expectDoneOnce(jobs, done, made);
    } finally {
      await Promise.all(connections.map((connection) => connection.close()));
      await remove();
    }
  });
});

describe('processes that share a PostgreSQL server', () => {
  let server: PostgresServer;
  let database: Database;
  let [jobs, leases]: [JobStore, JobLeases] = [] as never;
  const children: Child[] = [];
  const start = (...given: Parameters<typeof startChild>): Child => {
    const child = startChild(...given);
    children.push(child);
    return child;
  };

  beforeAll(async () => {
    server = await startPostgres();
    database = await openDatabase({ url: server.url });
    [jobs, leases] = [new JobStore(database), new JobLeases(database)];
  });
  beforeEach(() => empty(database));
  afterEach(async () => { await Promise.all(children.splice(0).map((child) => child.kill())); });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it('do every job once', async () => {
    const made = await createMany(jobs);
    const done = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((owner) => start('work', { url: server.url }, owner).said() as Promise<string[]>));
    await expectDoneOnce(jobs, done.flat(), made);
  });

  it('lose a job that they hold when they are killed, and nothing else', async () => {
    const [held, other] = [(await jobs.create(newJob({ priority: 1 }), 'anna')).job, (await jobs.create(newJob(), 'anna')).job];
    const child = start('hold', { url: server.url }, 'w1');
    expect(await child.said()).toBe(held.id);
    await child.kill();
    expect(await jobs.get(held.id)).toMatchObject({ state: 'fetching', lease: { owner: 'w1' } });
    // Its lease was of one millisecond: by now it has run out.
    expect(await leases.claim('w2', MINUTE_MS)).toMatchObject({ id: held.id, attempts: 2, lease: { owner: 'w2' } });
    expect(await leases.claim('w2', MINUTE_MS)).toMatchObject({ id: other.id, attempts: 1 });
  });

  it('leave nothing of a transaction in which they are killed', async () => {
    const made = await createMany(jobs);
    const child = start('inside', { url: server.url });
    expect(await child.said()).toBe('inside');
    // What it has changed is locked: nothing can be claimed, and nobody waits.
    expect(await leases.claim('w1', MINUTE_MS)).toBeUndefined();
    await child.kill();
    // This waits for the locks, which go with the connection.
    await jobs.cancel(made[0].id, 'anna');
    expect((await jobs.list({ limit: JOBS })).filter(({ priority }) => priority === 99)).toEqual([]);
    expect(await leases.claim('w1', MINUTE_MS)).toMatchObject({ priority: 2 });
  });

  it('are there again when the server is: what was committed is kept, what was not is said', async () => {
    const made = await createMany(jobs);
    const error = await refusal(() => database.transaction(async (sql) => {
      await sql.query('UPDATE rondo.job SET priority = 99', []);
      await server.restart();
      await sql.query('SELECT 1', []);
    }));
    expect(error).toMatchObject({ code: 'database-unreachable' });
    // Connections that were idle may each have to find out.
    await Promise.allSettled(Array.from({ length: 10 }, () => database.query('SELECT 1')));
    expect((await jobs.list({ limit: JOBS })).map(({ id, priority }) => `${priority} ${id}`).sort()).toEqual(made.map(({ id, priority }) => `${priority} ${id}`).sort());
    const work = start('work', { url: server.url }, 'w1');
    await expectDoneOnce(jobs, (await work.said()) as string[], made);
  });

  it('bring the tables up to date together', async () => {
    await database.query('DROP SCHEMA rondo CASCADE');
    const opened = await Promise.all(Array.from({ length: 4 }, () => start('open', { url: server.url }).said()));
    expect(opened).toEqual(['open', 'open', 'open', 'open']);
    expect(await jobs.list({ limit: 1 })).toEqual([]);
  });

  it('say that there is no server', async () => {
    const gone = await startPostgres();
    const other = await openDatabase({ url: gone.url });
    await gone.stop();
    try {
      expect(await refusal(() => openDatabase({ url: gone.url }))).toMatchObject({ code: 'database-unreachable' });
      // The first may be told by the connection that broke.
      expect(await refusal(() => other.query('SELECT 1'))).toMatchObject({ code: 'database-unreachable' });
    } finally {
      await other.close();
    }
  });
});

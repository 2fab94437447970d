import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '../../src/jobs/index.ts';
import { openEmbedded } from '../../src/jobs/embeddedDatabase.ts';
import { lockFolder } from '../../src/jobs/folderLock.ts';
import { migrate } from '../../src/jobs/migrate.ts';
import { MIGRATIONS } from '../../src/jobs/migrations.ts';
import { startChild } from './child.ts';
import { DATABASES, empty, newFolder, openNew, refusal } from './databases.ts';

const KILLS = 20;

describe.each(DATABASES)('a database: %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  beforeAll(async () => { ({ database, remove } = await openNew(newPlace)); });
  afterAll(() => remove());

  it('gives values as they were put in', async () => {
    const at = new Date('2026-03-01T12:34:56.789Z');
    const values = [7, 'Größe', at, Uint8Array.of(0, 255), JSON.stringify({ a: [1, 'b'] }), true, null];
    const [row] = await database.query<{ b: Uint8Array }>('SELECT $1::integer AS i, $2::text AS t, $3::timestamptz AS d, $4::bytea AS b, $5::jsonb AS j, $6::boolean AS f, $7::text AS n', values);
    expect({ ...row, b: Array.from(row.b) }).toEqual({ i: 7, t: 'Größe', d: at, b: [0, 255], j: { a: [1, 'b'] }, f: true, n: null });
    expect(await database.query('SELECT 1 AS a; SELECT 2 AS a')).toEqual([{ a: 2 }]);
  });

  it('does all of a transaction or nothing', async () => {
    await database.query('CREATE TABLE t (i integer PRIMARY KEY)');
    const failing = database.transaction(async (sql) => {
      await sql.query('INSERT INTO t VALUES (1)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(database.transaction(async (sql) => { await sql.query('INSERT INTO t VALUES (2), (2)'); })).rejects.toMatchObject({ code: '23505' });
    // Left open by several statements that failed: the next one is none of its.
    await expect(database.query('BEGIN; INSERT INTO t VALUES (3); SELECT 1 / 0; COMMIT')).rejects.toMatchObject({ code: '22012' });
    expect(await database.query('SELECT * FROM t')).toEqual([]);
    expect(await database.transaction((sql) => sql.query('INSERT INTO t VALUES (4) RETURNING i', []))).toEqual([{ i: 4 }]);
    expect(await database.query('SELECT * FROM t')).toEqual([{ i: 4 }]);
  });

  it('holds nothing locked for a transaction that has failed', async () => {
    await database.query('CREATE TABLE locked (i integer); INSERT INTO locked VALUES (1)');
    const found: unknown[] = [];
    for (let n = 0; n < 30; n++) {
      // So that another connection is at hand at once.
      await Promise.all([1, 2, 3].map(() => database.query('SELECT 1', [])));
      await expect(database.transaction(async (sql) => {
        await sql.query('SELECT * FROM locked FOR UPDATE', []);
        throw new Error('no');
      })).rejects.toThrow('no');
      found.push(...await database.transaction((sql) => sql.query('SELECT * FROM locked FOR UPDATE SKIP LOCKED', [])));
    }
    expect(found).toHaveLength(30);
  });

  it('is brought up to date from any version, once, wholly; a newer one is refused', async () => {
    await empty(database);
    await migrate(database);
    expect(await database.query('SELECT version FROM rondo.migration', [])).toEqual(MIGRATIONS.map((_statement, index) => ({ version: index + 1 })));
    const more = [...MIGRATIONS, 'CREATE TABLE rondo.more (i integer)'];
    await expect(migrate(database, [...more, 'SELECT 1 / 0'])).rejects.toThrow('division by zero');
    expect(await database.query("SELECT to_regclass('rondo.more') AS t", [])).toEqual([{ t: null }]);
    await migrate(database, more);
    await migrate(database, more);
    expect(await database.query('SELECT version FROM rondo.migration ORDER BY version', [])).toEqual(more.map((_statement, index) => ({ version: index + 1 })));
    expect(await refusal(() => migrate(database))).toMatchObject({ code: 'database-newer' });
  });

  it('may be closed again', async () => {
    await database.close();
    await database.close();
  });
});

describe('a database in a folder', () => {
  let parent: string;
  beforeAll(async () => { parent = await newFolder(); });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('is open in one process only, and is for nobody else to read', async () => {
    const folder = path.join(parent, 'one');
    const database = await openDatabase({ folder });
    expect(await refusal(() => openDatabase({ folder }))).toMatchObject({ code: 'database-in-use', subject: { file: folder } });
    expect(await startChild('open', { folder }).said()).toEqual({ code: 'database-in-use' });
    expect((await stat(folder)).mode & 0o077).toBe(0);
    await database.close();
    expect(await startChild('open', { folder }).said()).toBe('open');
  });

  it(`keeps all that was committed when its process is killed, ${KILLS} times`, async () => {
    const folder = path.join(parent, 'killed');
    const committed = new Set<string>();
    for (let round = 0; round <= KILLS; round += 1) {
      const child = startChild('write', { folder });
      const { jobs } = (await child.said()) as { jobs: { id: string; events: number }[] };
      const events = new Map(jobs.map((job) => [job.id, job.events]));
      for (const id of committed) expect(events.get(id)).toBe(2);
      // What was begun when it was killed is whole too, as far as it came.
      for (const count of events.values()) expect([1, 2]).toContain(count);
      for (let count = 0; count <= round; count += 1) committed.add((await child.said()) as string);
      await child.kill();
    }
    expect(committed.size).toBe(231);
    // No locks are left but that of the last one.
    expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
  }, 300_000);

  it('is begun anew where the process was killed while it was made', async () => {
    const folder = path.join(parent, 'half');
    await mkdir(folder);
    const watcher = watch(folder);
    const child = startChild('open', { folder });
    while (true) {
      const [, name] = (await once(watcher, 'change')) as [string, string];
      if (name === 'postgres.new') break;
    }
    watcher.close();
    await child.kill();
    expect(await readdir(folder)).not.toContain('postgres');
    const database = await openDatabase({ folder });
    expect(await database.query('SELECT version FROM rondo.migration', [])).toEqual(MIGRATIONS.map((_statement, index) => ({ version: index + 1 })));
    await database.close();
    expect(await readdir(folder)).toEqual(['postgres']);
  });

  it('does not grow without end: its log and what was overwritten are tidied away', async () => {
    const folder = path.join(parent, 'tidy');
    const database = await openEmbedded(folder, 10);
    await database.query('CREATE TABLE t (i integer, b bytea); INSERT INTO t VALUES (1)');
    for (let round = 0; round < 150; round += 1) await database.query('UPDATE t SET b = $1', [randomBytes(1_000_000)]);
    const [{ table, log }] = await database.query<{ table: number; log: number }>("SELECT pg_total_relation_size('t')::float8 AS table, (SELECT sum(size)::float8 FROM pg_ls_waldir()) AS log", []);
    // 150 MB were written.
    expect([table, log].map((bytes) => bytes < 70_000_000)).toEqual([true, true]);
    await database.close();
  });

  it('is refused where another PostgreSQL wrote it', async () => {
    const folder = path.join(parent, 'old');
    await mkdir(path.join(folder, 'postgres'), { recursive: true });
    await writeFile(path.join(folder, 'postgres', 'PG_VERSION'), '17\n');
    expect(await refusal(() => openDatabase({ folder }))).toMatchObject({ code: 'database-version' });
    expect(await readdir(folder)).toEqual(['postgres']);
  });

  it('is refused where it cannot be locked', async () => {
    await writeFile(path.join(parent, 'file'), '');
    expect(await refusal(() => openDatabase({ folder: path.join(parent, 'file') }))).toMatchObject({ code: 'database-folder' });
    expect(await refusal(() => openDatabase({ folder: path.join(parent, 'x'.repeat(100)) }))).toMatchObject({ code: 'database-folder', message: expect.stringContaining('too long') });
  });

  it('is locked by one of many that come at once, at most', async () => {
    const folder = path.join(parent, 'many');
    for (let round = 0; round < 20; round += 1) {
      const locked = await Promise.allSettled(Array.from({ length: 5 }, () => lockFolder(folder)));
      const held = locked.filter((result) => result.status === 'fulfilled');
      expect(held.length).toBeLessThanOrEqual(1);
      for (const { value } of held) await value();
    }
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });
});

it.each([[{}], [{ url: 'postgres://a/b', folder: 'c' }], [{ url: 'mysql://rondo:secret@a/b' }], [{ url: 'postgres://[' }]])('a database is refused that is named by %j', async (options) => {
  const error = await refusal(() => openDatabase(options));
  expect(error.code).toBe('database-options');
  expect(error.message).not.toContain('secret');
});

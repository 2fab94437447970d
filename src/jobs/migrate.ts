import { RondoError } from '../errors.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

/** Any number that nothing else in the database locks: 'rondo' in ASCII. */
const MIGRATION_LOCK = 0x72_6f_6e_64_6f;

/**
 * Brings the tables up to date: all of it, or nothing. Processes that start together wait for one another.
 * @throws RondoError `database-newer` where a newer Rondo has been here
 */
export async function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await sql.query('CREATE SCHEMA IF NOT EXISTS rondo; CREATE TABLE IF NOT EXISTS rondo.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())');
    const [{ version }] = await sql.query<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM rondo.migration', []);
    if (version > migrations.length) {
      throw new RondoError('database-newer', `The database was brought to version ${version} by a newer Rondo; this one knows ${migrations.length}. Use the newer Rondo, or a database of its own.`);
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      await sql.query(migration);
      await sql.query('INSERT INTO rondo.migration (version) VALUES ($1)', [index + 1]);
    }
  });
}

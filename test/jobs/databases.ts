import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RondoError } from '../../src/errors.ts';
import { openDatabase, type Database, type DatabaseOptions, type NewJob } from '../../src/jobs/index.ts';
import { migrate } from '../../src/jobs/migrate.ts';
import { startPostgres } from '../support/postgres.ts';

/** Where a database of a test is. */
export interface DatabasePlace {
  options: DatabaseOptions;
  remove: () => Promise<void>;
}

/** Both databases that Rondo runs on: the same tests hold for both. */
export const DATABASES: readonly [string, () => Promise<DatabasePlace>][] = [
  ['PGlite', async () => {
    const folder = await newFolder();
    return { options: { folder: path.join(folder, 'db') }, remove: () => rm(folder, { recursive: true, force: true }) };
  }],
  ['PostgreSQL', async () => {
    const { url, stop } = await startPostgres();
    return { options: { url }, remove: stop };
  }],
];

export async function newFolder(): Promise<string> {
  return await mkdtemp(path.join(tmpdir(), 'rondo-jobs-'));
}

/** An open database, and what closes and removes it. */
export async function openNew(newPlace: () => Promise<DatabasePlace>): Promise<{ database: Database; options: DatabaseOptions; remove: () => Promise<void> }> {
  const { options, remove } = await newPlace();
  const database = await openDatabase(options);
  return { database, options, remove: async () => { await database.close(); await remove(); } };
}

/** Empties a database: events cannot be deleted, so all is. */
export async function empty(database: Database): Promise<void> {
  await database.query('DROP SCHEMA rondo CASCADE; DROP SCHEMA IF EXISTS rondo_queue CASCADE');
  await migrate(database);
}

export function newJob(job: Partial<NewJob> = {}): NewJob {
  return {
    origin: 'dimse', protocol: 'breast-left-whole',
    source: { kind: 'dicomweb', url: 'http://127.0.0.1:8042/dicom-web', studyInstanceUid: '1.2.3', seriesInstanceUid: '1.2.3.4' },
    ...job,
  };
}

export const PROBLEM = { code: 'archive-unreachable', message: 'The archive does not answer.', cure: 'Start it.' };

/** The named error that a call throws. */
export async function refusal(call: () => unknown): Promise<RondoError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RondoError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

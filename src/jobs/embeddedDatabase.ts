import { fsyncSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PGlite, types, type Results, type Transaction } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { RondoError } from '../errors.ts';
import type { Database, Sql } from './database.ts';
import { lockFolder } from './folderLock.ts';
import { GuardedPglite, panicked } from './guardedPglite.ts';

/** PostgreSQL that PGlite 0.5 is built from: its files are not those of another major version. */
const POSTGRES_MAJOR = '18';

/**
 * PGlite comes with fsync turned off, and cannot carry out fdatasync: without these a committed job would be lost with the power.
 */
const START_PARAMETERS = [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync', '-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'];

/**
 * Nothing works in the background of an embedded PostgreSQL: left alone its log and its dead rows grow without end. Every so many questions it
 * is tidied; some tens of minutes of a service that has little to do.
 */
const TIDY_EVERY = 1000;

/** Between attempts to start again a database that stopped: each takes a second of the process. */
const ANEW_MS = 5_000;

/** The part of Emscripten's file system that PGlite leaves empty. */
interface MountedFs {
  NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } };
}

/** A folder of the machine whose files are on the disk when PostgreSQL asks for it. */
class SyncedFolder extends NodeFS {
  override async init(...given: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...given);
    const sync = (module: unknown): void => {
      (module as MountedFs).NODEFS.stream_ops.fsync = ({ nfd }) => {
        // Folders are streams without a file.
        if (nfd !== undefined) fsyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun as ((module: unknown) => void)[]), sync] } };
  }
}

/**
 * PostgreSQL in this process (PGlite), its files in `folder`, which is locked while it is open.
 * A process that was killed leaves every committed transaction, and no lock.
 * @throws RondoError `database-in-use`, `database-folder`, `database-version`
 */
export async function openEmbedded(folder: string, tidyEvery = TIDY_EVERY): Promise<Database> {
  const unlock = await lockFolder(folder);
  try {
    const data = path.join(folder, 'postgres');
    const version = await versionOf(data);
    if (version === undefined) await initialise(folder, data);
    else if (version !== POSTGRES_MAJOR) {
      throw new RondoError('database-version', `The database was written by PostgreSQL ${version}; this Rondo reads that of PostgreSQL ${POSTGRES_MAJOR}. Use the Rondo that wrote it, or an empty folder.`, { file: folder });
    }
    return databaseOf(await start(data), () => start(data), unlock, tidyEvery);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function versionOf(data: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes an empty database beside its place: killed half-way, it would be taken for a whole one. */
async function initialise(folder: string, data: string): Promise<void> {
  const unfinished = path.join(folder, 'postgres.new');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await (await start(unfinished)).close();
  await rename(unfinished, data);
}

async function start(data: string): Promise<GuardedPglite> {
  const pglite = new GuardedPglite({
    fs: new SyncedFolder(data), startParams: START_PARAMETERS,
    // PGlite's own take half a second for each MB, in which the process does nothing else.
    serializers: { [types.BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}` },
    parsers: { [types.BYTEA]: (hex: string) => Buffer.from(hex.slice(2), 'hex') },
  });
  await pglite.waitReady;
  return pglite;
}

function databaseOf(first: GuardedPglite, anew: () => Promise<GuardedPglite>, unlock: () => Promise<void>, tidyEvery: number): Database {
  let current = Promise.resolve(first);
  let begunAnewMs = -Infinity;
  /** The one that answers: in place of one that has stopped another, begun by the first that meets it. */
  const answering = async (): Promise<GuardedPglite> => {
    const met = current;
    const pglite = await met.catch(() => undefined);
    if (pglite?.hasPanicked === false) return pglite;
    if (current === met) {
      if (performance.now() - begunAnewMs < ANEW_MS) throw panicked();
      begunAnewMs = performance.now();
      // What is left of it to close; it does not end as one that runs does.
      current = (pglite?.close() ?? Promise.resolve()).catch(() => undefined).then(anew).catch((error: unknown) => { throw panicked(error); });
    }
    return await current;
  };
  const close = async (): Promise<void> => {
    try {
      await (await current.catch(() => undefined))?.close();
    } finally {
      await unlock();
    }
  };
  let asked = 0;
  const tidied = async (): Promise<PGlite> => {
    const pglite = await answering();
    asked += 1;
    if (asked % tidyEvery === 0) {
      await pglite.exec('VACUUM');
      await pglite.exec('CHECKPOINT');
    }
    return pglite;
  };
  const transaction = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => await (await tidied()).transaction((begun) => work(sqlOf(begun)));
  let closed: Promise<void> | undefined;
  return {
    async query(text, values) {
      // Several statements that fail may leave a transaction open, which the next question of somebody else must not meet.
      if (values === undefined) return await transaction((sql) => sql.query(text));
      return await sqlOf(await tidied()).query(text, values);
    },
    transaction,
    close: async () => { await (closed ??= close()); },
  };
}

function sqlOf(pglite: PGlite | Transaction): Sql {
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      if (values !== undefined) return (await pglite.query<Row>(text, [...values])).rows;
      const results = await pglite.exec(text) as Results<Row>[];
      return results[results.length - 1].rows;
    },
  };
}

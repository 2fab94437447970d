import { RondoError } from '../errors.ts';
import { openEmbedded } from './embeddedDatabase.ts';
import { migrate } from './migrate.ts';
import { openPostgres } from './postgresDatabase.ts';

/** Where statements are run: the database itself, or a transaction of it. */
export interface Sql {
  /**
   * Rows of one statement. Values of `jsonb` columns are given as JSON text. Without `values` it may be several statements; the rows are
   * those of the last one.
   * @throws RondoError `database-unreachable` where there is no answer; what the database refuses is thrown as it comes, with its SQLSTATE as `code`
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** PostgreSQL, embedded in this process or a server: above this line nobody knows which. */
export interface Database extends Sql {
  /**
   * Runs `work` in one transaction: all of it happens, or nothing where it throws.
   * Inside, only `sql` may be asked: the embedded database would wait for itself.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Waits for what is running; may be called again. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:5432/name`: a server that several processes and machines share. */
  url?: string | undefined;
  /** Folder of an embedded database, made where it is not there: for one process. */
  folder?: string | undefined;
}

/**
 * Opens the database and brings its tables up to date.
 * @throws RondoError `database-options` (neither or both are given), `database-unreachable`, `database-newer`; of a folder also
 *   `database-in-use` (another process has it open), `database-folder`, `database-version`
 */
export async function openDatabase({ url, folder }: DatabaseOptions): Promise<Database> {
  const database = await opened(url, folder);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

async function opened(url: string | undefined, folder: string | undefined): Promise<Database> {
  if (url !== undefined && folder === undefined) return openPostgres(url);
  if (folder !== undefined && url === undefined) return await openEmbedded(folder);
  throw new RondoError('database-options', 'A database is named by the URL of a PostgreSQL server or by a folder of its own: give one of the two.');
}

import type { Database } from './database.ts';

/** Which files of watched folders have been taken, each by a hash that tells it: paths often name patients. */
export class TakenFiles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async all(folder: string): Promise<Set<string>> {
    return new Set((await this.#database.query<{ file: string }>('SELECT file FROM rondo.taken_file WHERE folder = $1', [folder])).map(({ file }) => file));
  }

  async add(folder: string, files: readonly string[]): Promise<void> {
    await this.#database.query('INSERT INTO rondo.taken_file (folder, file) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING', [folder, files]);
  }

  /** Forgets those of the files that were taken so many days ago. @returns which these were */
  async forget(folder: string, files: readonly string[], olderThanDays: number): Promise<string[]> {
    const rows = await this.#database.query<{ file: string }>(
      "DELETE FROM rondo.taken_file WHERE folder = $1 AND file = ANY ($2::text[]) AND at <= clock_timestamp() - $3::float8 * interval '1 day' RETURNING file", [folder, files, olderThanDays]);
    return rows.map(({ file }) => file);
  }
}

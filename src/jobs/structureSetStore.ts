import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { jobOf, type Job } from './job.ts';
import { changeState } from './jobChange.ts';
import { lockHeldJob } from './jobLeases.ts';

/** What a job has made. */
export interface NewStructureSet {
  sopInstanceUid: string;
  /** The file, Part 10 (PS3.10). */
  bytes: Uint8Array;
  /** What a person sees of it without reading it: structures, volumes. */
  summary: Readonly<Record<string, unknown>>;
  /** What the user should know: stand-ins, cut structures. */
  notes: readonly string[];
  /** For the event: model hashes and UIDs. */
  details?: Readonly<Record<string, unknown>> | undefined;
}

export interface StoredStructureSet {
  sopInstanceUid: string;
  /** Undefined once they were purged. */
  bytes: Uint8Array | undefined;
  /** Of the bytes, in hexadecimal. */
  sha256: string;
  summary: Readonly<Record<string, unknown>>;
  createdAt: Date;
}

/** The structure sets that jobs have made. */
export class StructureSetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps what the owner of a job has made, and makes the job `delivering`, with a delivery to each destination; `delivered` where there is none.
   * All of it or nothing: no structure set is without its deliveries.
   * @throws RondoError `job-missing`, `lease-lost`, `job-transition`
   */
  async save(id: string, owner: string, { sopInstanceUid, bytes, summary, notes, details }: NewStructureSet, destinations: readonly string[]): Promise<Job> {
    return await this.#database.transaction(async (sql) => {
      const job = await lockHeldJob(sql, id, owner);
      // The same images, protocol and models give the same UID: the first of them may have been delivered, so its bytes stay; whose it is changes, so that `purge` waits for this job.
      const given = createHash('sha256').update(bytes).digest('hex');
      await sql.query(`INSERT INTO rondo.structure_set AS s (sop_uid, job, bytes, sha256, summary) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (sop_uid) DO UPDATE SET job = excluded.job, bytes = coalesce(s.bytes, excluded.bytes),
          sha256 = CASE WHEN s.bytes IS NULL THEN excluded.sha256 ELSE s.sha256 END, summary = CASE WHEN s.bytes IS NULL THEN excluded.summary ELSE s.summary END`,
      [sopInstanceUid, id, bytes, given, JSON.stringify(summary)]);
      const [{ sha256 }] = await sql.query<{ sha256: string }>('SELECT sha256 FROM rondo.structure_set WHERE sop_uid = $1', [sopInstanceUid]);
      // Of an earlier run of the same job, whose deliveries failed.
      await sql.query('DELETE FROM rondo.delivery WHERE job = $1', [id]);
      for (const destination of destinations) await sql.query('INSERT INTO rondo.delivery (job, destination) VALUES ($1, $2)', [id, destination]);
      const made = await changeState(sql, job, 'delivering', {
        who: owner, what: 'structure set made', columns: { result_uid: sopInstanceUid, notes },
        details: { sopInstanceUid, sha256, destinations, ...details },
      });
      if (destinations.length > 0) return jobOf(made);
      return jobOf(await changeState(sql, made, 'delivered', { who: owner, what: 'no destination' }));
    });
  }

  /** The structure set of a job as it is now; undefined where it has none. */
  async get(id: string): Promise<StoredStructureSet | undefined> {
    const [row] = await this.#database.query<{ sop_uid: string; bytes: Uint8Array | null; sha256: string; summary: Record<string, unknown>; created_at: Date }>(
      'SELECT s.* FROM rondo.structure_set s JOIN rondo.job j ON j.result_uid = s.sop_uid WHERE j.id = $1', [id]) as unknown[] as ({ sop_uid: string; bytes: Uint8Array | null; sha256: string; summary: Record<string, unknown>; created_at: Date } | undefined)[];
    if (!row) return undefined;
    return { sopInstanceUid: row.sop_uid, bytes: row.bytes === null ? undefined : new Uint8Array(row.bytes), sha256: row.sha256, summary: row.summary, createdAt: row.created_at };
  }
}

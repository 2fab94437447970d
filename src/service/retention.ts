import type { Archive } from '../archive/index.ts';
import type { Config } from '../config/index.ts';
import { FINISHED_STATES, purge, type Database, type JobStore } from '../jobs/index.ts';

const WHO = 'retention';
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  archive: Archive;
  database: Database;
  jobs: JobStore;
  config: Pick<Config, 'retention'>;
}

export interface Removed {
  /** Series Instance UIDs of what left the archive. */
  series: readonly string[];
}

/**
 * Deletes what has been kept for long enough: images once every job of their series has ended that long ago, structure sets
 * by the same clock. A series that still waits for anything stays.
 * @param now for tests
 */
export async function applyRetention({ archive, database, jobs, config: { retention } }: RetentionOptions, now = new Date()): Promise<Removed> {
  const removed: string[] = [];
  for (const { studyInstanceUid, seriesInstanceUid, instances, changedAt } of await archive.series()) {
    const its = await jobs.ofSeries(seriesInstanceUid);
    if (its.some(({ state }) => !(FINISHED_STATES as readonly string[]).includes(state))) continue;
    const last = Math.max(changedAt.getTime(), ...its.map((job) => job.changedAt.getTime()));
    if (now.getTime() - last < retention.ctDays * DAY_MS) continue;
    await archive.remove(studyInstanceUid, seriesInstanceUid);
    for (const { id } of its) await jobs.note(id, 'images deleted', WHO, { seriesInstanceUid, instances, ctDays: retention.ctDays });
    removed.push(seriesInstanceUid);
  }
  await purge(database, { olderThanDays: retention.structureSetDays }, WHO);
  return { series: removed };
}

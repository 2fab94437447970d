import type { Archive } from '../archive/index.ts';
import type { Config } from '../config/index.ts';
import { CT_IMAGE_STORAGE } from '../dicom/index.ts';
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
 * by the same clock, in the database and in the archive. A series that still waits for anything stays.
 * @param now for tests
 */
export async function applyRetention({ archive, database, jobs, config: { retention: { ctDays, structureSetDays } } }: RetentionOptions, now = new Date()): Promise<Removed> {
  const removed: string[] = [];
  for (const { studyInstanceUid, seriesInstanceUid, instances, changedAt } of await archive.series()) {
    const isCt = (await archive.sopClassOf(studyInstanceUid, seriesInstanceUid)) === CT_IMAGE_STORAGE;
    const its = isCt ? await jobs.ofSeries(seriesInstanceUid) : await jobs.ofStructureSets((await archive.instances(studyInstanceUid, seriesInstanceUid)).map(({ sopInstanceUid }) => sopInstanceUid));
    if (its.some(({ state }) => !(FINISHED_STATES as readonly string[]).includes(state))) continue;
    const last = Math.max(changedAt.getTime(), ...its.map((job) => job.changedAt.getTime()));
    if (now.getTime() - last < (isCt ? ctDays : structureSetDays) * DAY_MS) continue;
    await archive.remove(studyInstanceUid, seriesInstanceUid);
    for (const { id } of its) await jobs.note(id, isCt ? 'images deleted' : 'structure set deleted from the archive', WHO, { seriesInstanceUid, instances, ...(isCt ? { ctDays } : { structureSetDays }) });
    removed.push(seriesInstanceUid);
  }
  await purge(database, { olderThanDays: structureSetDays }, WHO);
  return { series: removed };
}

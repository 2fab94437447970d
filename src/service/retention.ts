import type { Archive } from '../archive/index.ts';
import type { Config } from '../config/index.ts';
import { CT_IMAGE_STORAGE } from '../dicom/index.ts';
import { FINISHED_STATES, purge, type Database, type JobStore } from '../jobs/index.ts';
import { IMAGES_DELETED } from './arrivedJob.ts';
import type { Intake } from './intake.ts';

const WHO = 'retention';
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  archive: Archive;
  database: Database;
  jobs: JobStore;
  intake: Pick<Intake, 'whileQuiet'>;
  config: Pick<Config, 'retention'>;
}

export interface Removed {
  /** Series Instance UIDs of what left the archive. */
  series: readonly string[];
}

/**
 * Deletes what has been kept for long enough: images once every job of their series has ended that long ago, structure sets
 * by the same clock, in the database and in the archive. A series that still waits for anything stays, and so does one of which something comes.
 * @param now for tests
 */
export async function applyRetention(options: RetentionOptions, now = new Date()): Promise<Removed> {
  const { archive, database, intake, config: { retention: { structureSetDays } } } = options;
  const removed: string[] = [];
  for (const { studyInstanceUid, seriesInstanceUid } of await archive.series()) {
    await intake.whileQuiet(seriesInstanceUid, async () => {
      if (await removeOld(studyInstanceUid, seriesInstanceUid, options, now)) removed.push(seriesInstanceUid);
    });
  }
  await purge(database, { olderThanDays: structureSetDays }, WHO);
  return { series: removed };
}

/** @returns whether the series was old enough, and is gone */
async function removeOld(studyInstanceUid: string, seriesInstanceUid: string, { archive, jobs, config: { retention: { ctDays, structureSetDays } } }: RetentionOptions, now: Date): Promise<boolean> {
  const series = await archive.oneSeries(studyInstanceUid, seriesInstanceUid);
  if (series === undefined) return false;
  const { instances, changedAt } = series;
  const isCt = (await archive.sopClassOf(studyInstanceUid, seriesInstanceUid)) === CT_IMAGE_STORAGE;
  const its = isCt ? await jobs.ofSeries(seriesInstanceUid) : await jobs.ofStructureSets((await archive.instances(studyInstanceUid, seriesInstanceUid)).map(({ sopInstanceUid }) => sopInstanceUid));
  if (its.some(({ state }) => !(FINISHED_STATES as readonly string[]).includes(state))) return false;
  const last = Math.max(changedAt.getTime(), ...its.map((job) => job.changedAt.getTime()));
  if (now.getTime() - last < (isCt ? ctDays : structureSetDays) * DAY_MS) return false;
  // Written down first: images that are sent again must not pass for those that a job was made of.
  for (const { id } of its) await jobs.note(id, isCt ? IMAGES_DELETED : 'structure set deleted from the archive', WHO, { seriesInstanceUid, instances, ...(isCt ? { ctDays } : { structureSetDays }) });
  await archive.remove(studyInstanceUid, seriesInstanceUid);
  return true;
}

import type { Archive } from '../archive/index.ts';
import { MEGABYTE, type Config } from '../config/index.ts';
import type { Service } from '../dicomweb/index.ts';
import type { Actions } from './actions.ts';
import { ArchiveWatch } from './archiveWatch.ts';
import { FolderWatch } from './folderWatch.ts';
import type { Intake } from './intake.ts';
import { serviceAt } from './peers.ts';
import type { Stores } from './stores.ts';
import { Watch, type WatchLog } from './watch.ts';

export interface WaysInOptions {
  config: Pick<Config, 'archives' | 'watchFolders' | 'series' | 'limits'>;
  archive: Archive;
  stores: Pick<Stores, 'jobs' | 'watchedSeries' | 'takenFiles'>;
  intake: Intake;
  actions: Actions;
  ownArchive: Service;
  /** An instance was taken from a folder for the first time. */
  onNew: () => void;
  log: WatchLog;
}

/** The archives and folders of the configuration in which CTs appear, not yet looked at. */
export function waysIn({ config, archive, stores: { jobs, watchedSeries, takenFiles }, intake, actions, ownArchive, onNew, log }: WaysInOptions): Watch[] {
  const { archives, watchFolders, series: { quietSeconds, giveUpMinutes }, limits: { instanceMb } } = config;
  const quietMs = quietSeconds * 1000;
  return [
    ...archives.flatMap(({ name, url, watch }) => (watch === undefined ? [] : [
      new ArchiveWatch({ archive: { name, url, watch }, service: serviceAt(url, config, ownArchive), quietMs, watched: watchedSeries, jobs, release: async (job) => { await actions.release(job); }, log }),
    ])),
    ...watchFolders.map((folder) => new FolderWatch({ folder, mostBytes: instanceMb * MEGABYTE, quietMs, giveUpMs: giveUpMinutes * 60_000, archive, intake, taken: takenFiles, onNew, log })),
  ].map((watched) => new Watch(watched, log));
}

import type { Archive } from '../config/index.ts';
import { DicomWeb, isTransient, type FoundSeries, type Service } from '../dicomweb/index.ts';
import { text } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { LOOKED_AT, type Job, type JobStore, type ListedSeries, type WatchedSeries } from '../jobs/index.ts';
import { MOST_WAITING } from './actions.ts';
import { problemOf } from './problem.ts';
import { studyDateFrom } from './studyDate.ts';
import type { Watched, WatchLog } from './watch.ts';

export interface ArchiveWatchOptions {
  archive: Pick<Archive, 'name' | 'url'> & { watch: NonNullable<Archive['watch']> };
  service: Service;
  /** How long the number of instances of a series must have stayed the same. */
  quietMs: number;
  watched: WatchedSeries;
  jobs: JobStore;
  /** Has a waiting job worked on. @throws RondoError what keeps it from that */
  release: (job: Job) => Promise<void>;
  log: WatchLog;
  /** Milliseconds that pass, for tests. */
  clock?: () => number;
}

const WHO = 'archive watch';
const DAY_MS = 86_400_000;

/** A series leaves the search by its study's date `withinDays` after it was seen; clocks may differ by days. */
const FORGET_AFTER_DAYS = 7;

/** A series that is not taken yet: how many instances it had, and since when, by the clock. */
interface Growing {
  instances: number;
  sinceMs: number;
}

/**
 * Searches an archive for CT series (QIDO-RS, PS3.18 10.6) and makes a job of each that is new. One is whole when its number of instances is the
 * same in two searches, `quietMs` apart. What the archive holds when the watch begins is not contoured unless it grows.
 */
export class ArchiveWatch implements Watched {
  readonly kind = 'archive';
  readonly #options: ArchiveWatchOptions;
  readonly #web: DicomWeb;
  /** By Series Instance UID. */
  #growing = new Map<string, Growing>();
  #hasBegun = false;

  constructor(options: ArchiveWatchOptions) {
    this.#options = options;
    this.#web = new DicomWeb(options.service);
  }

  get name(): string {
    return this.#options.archive.name;
  }

  pauseMs(): number {
    return this.#options.archive.watch.everySeconds * 1000;
  }

  async look(signal: AbortSignal, alive: () => void): Promise<void> {
    const { watched, quietMs, clock = () => performance.now() } = this.#options;
    const askedMs = clock();
    const listed = await this.#search(signal, alive);
    const answeredMs = clock();
    await this.#begin(listed);
    const seen = await watched.seen(this.name);
    const growing = new Map<string, Growing>();
    for (const series of listed) {
      const { seriesInstanceUid, instances } = series;
      if (instances <= (seen.get(seriesInstanceUid)?.instances ?? 0)) continue;
      const before = this.#growing.get(seriesInstanceUid);
      if (before?.instances !== instances) growing.set(seriesInstanceUid, { instances, sinceMs: answeredMs });
      else if (askedMs - before.sinceMs < quietMs) growing.set(seriesInstanceUid, before);
      else await this.#take(series);
    }
    this.#growing = growing;
    await this.#forgetOld(listed, seen);
    await this.#releaseTaken(signal);
  }

  /** Every CT series within the days that are looked at. Archives that ignore a key of the search list more. */
  async #search(signal: AbortSignal, alive: () => void): Promise<ListedSeries[]> {
    const { query, withinDays } = this.#options.archive.watch;
    const from = studyDateFrom(new Date(), withinDays);
    const found = await this.#web.searchSeries({ match: { Modality: 'CT', ...query, StudyDate: `${from}-` }, attributes: ['StudyDate'], signal });
    const listed: ListedSeries[] = [];
    for (const series of found) {
      alive();
      const date = text(series.attributes, 'StudyDate');
      if (!['CT', ''].includes(series.modality) || (date !== '' && date < from)) continue;
      const instances = await this.#instances(series, signal);
      if (instances > 0) listed.push({ studyInstanceUid: series.studyInstanceUid, seriesInstanceUid: series.seriesInstanceUid, instances });
    }
    return listed;
  }

  async #instances({ studyInstanceUid, seriesInstanceUid, instances }: FoundSeries, signal: AbortSignal): Promise<number> {
    return instances ?? (await this.#web.listSeries(studyInstanceUid, seriesInstanceUid, { signal })).instanceUids.length;
  }

  async #begin(listed: readonly ListedSeries[]): Promise<void> {
    if (this.#hasBegun) return;
    const { archive: { name, url, watch: { query, withinDays } }, watched, log } = this.#options;
    const search = JSON.stringify({ url, query: Object.entries(query).sort(), withinDays });
    if (await watched.begin(name, search, listed)) log.info({ archive: name, series: listed.length }, 'the watch of an archive begins: the series that it holds by now are not contoured; name them by POST /api/jobs where they shall be');
    this.#hasBegun = true;
  }

  async #take(series: ListedSeries): Promise<void> {
    const { archive: { name, url }, watched, log } = this.#options;
    const { studyInstanceUid, seriesInstanceUid, instances } = series;
    const job = await watched.take(name, series, { origin: 'archive', source: { kind: 'dicomweb', url, studyInstanceUid, seriesInstanceUid }, problem: LOOKED_AT }, WHO);
    if (job !== undefined) log.info({ archive: name, series: seriesInstanceUid, instances, job: job.id }, 'a series has appeared in an archive');
  }

  async #forgetOld(listed: readonly ListedSeries[], seen: ReadonlyMap<string, { at: Date }>): Promise<void> {
    const { archive: { watch: { withinDays } }, watched } = this.#options;
    const before = Date.now() - (withinDays + FORGET_AFTER_DAYS) * DAY_MS;
    const uids = new Set(listed.map(({ seriesInstanceUid }) => seriesInstanceUid));
    const old = Array.from(seen).flatMap(([uid, { at }]) => (at.getTime() < before && !uids.has(uid) ? [uid] : []));
    if (old.length > 0) await watched.forget(this.name, old);
  }

  /** Also what was taken before the process last ended, and what could not be looked at since the archive was away. */
  async #releaseTaken(signal: AbortSignal): Promise<void> {
    const { archive: { url }, jobs, log } = this.#options;
    for (const job of await jobs.list({ state: 'waiting', limit: MOST_WAITING })) {
      if (job.origin !== 'archive' || job.problem?.code !== LOOKED_AT.code || job.source?.url !== url) continue;
      signal.throwIfAborted();
      try {
        await this.#release(job);
      } catch (error) {
        log.error({ err: error, job: job.id }, 'a series that has appeared in an archive could not be looked at; it is looked at again');
      }
    }
  }

  async #release(job: Job): Promise<void> {
    try {
      await this.#options.release(job);
    } catch (error) {
      // Of processes that watch the same archive another was first, or a person.
      if (error instanceof RondoError && error.code === 'job-state') return;
      if (!(error instanceof RondoError) || isTransient(error)) throw error;
      await this.#options.jobs.explain(job.id, { ...problemOf(error), cure: 'When it is mended, choose the protocol of this job.' }, WHO);
    }
  }
}

import { readFile } from 'node:fs/promises';
import type { Archive, ArchivedInstance, InstanceHeader } from '../archive/index.ts';
import { chooseProtocol, ruleOutcomes, seriesTags, type Arrival, type Config, type Origin } from '../config/index.ts';
import { readCtGrid, readCtHeaders } from '../ct/index.ts';
import { CT_IMAGE_STORAGE, readDicom, text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { CtSource, Job, JobQueue, JobStore, Problem } from '../jobs/index.ts';
import { NO_PROTOCOL } from './noProtocol.ts';
import { OWN_ARCHIVE } from './peers.ts';
import { mayPass, problemOf } from './problem.ts';
import { releaseJob } from './releaseJob.ts';

const WHO = 'intake';

/** Between the images of one acquisition a sender pauses for less, and before the next acquisition for more. */
const ACQUIRED_MS = 1_000;

const ARRIVING: Problem = { code: 'series-arriving', message: 'Images of the series are still arriving.', cure: 'Wait: nothing needs to be done.' };

export interface IntakeOptions {
  archive: Archive;
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  config: Pick<Config, 'destinations' | 'rules' | 'series' | 'limits' | 'dimse'>;
  /** The instances of a series, wherever it lies. */
  instanceUids: (source: CtSource) => Promise<readonly string[]>;
  /** Told of what went wrong in the background. */
  onError: (error: unknown, jobId: string) => void;
}

/** An image that was received. */
type NewImage = Pick<InstanceHeader, 'studyInstanceUid' | 'seriesInstanceUid'> & { isNew: boolean };

/** A series that may still grow. */
interface Growing {
  jobId: string;
  /** When its last instance came, by `performance.now()`. */
  lastMs: number;
  /** Whether as many images are there as its acquisition resulted in. */
  isAcquired: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Makes jobs of the series that arrive instance by instance. DICOM has no sign for the end of a series: it counts as whole when nothing has come for a while and
 * its slices have no gap; the while is short where its images say of how many of them they are. Its job waits from the first instance on, so that nothing that was taken is ever without one, whatever ends the process.
 */
export class Intake {
  readonly #options: IntakeOptions;
  /** By Series Instance UID. */
  readonly #growing = new Map<string, Growing>();
  /** What is being done to a series: one thing at a time. */
  readonly #doing = new Map<string, Promise<unknown>>();
  /** Looks at series, one after another: each has the files of its series in memory. */
  #looks: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes up what waited when the service last ended: series whose job waits, and CTs that have none, since the process ended between the two. */
  async start(): Promise<void> {
    for (const { studyInstanceUid, seriesInstanceUid } of await this.#options.archive.series()) {
      const waiting = await this.#waitingJob(seriesInstanceUid);
      if (waiting !== undefined) this.#watch(seriesInstanceUid, waiting.id);
      else if ((await this.#options.jobs.ofSeries(seriesInstanceUid)).length === 0) await this.#takeUp(await this.#options.archive.instances(studyInstanceUid, seriesInstanceUid));
    }
  }

  /** No series is looked at any more; what is being done is waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#growing.values()) clearTimeout(timer);
    await Promise.allSettled([this.#looks, ...this.#doing.values()]);
  }

  /** An instance lies in the archive: returns when there is a job for it, so that its sender may be told that it was taken. */
  async received(instance: InstanceHeader & { isNew: boolean }, arrival: Arrival): Promise<void> {
    const { studyInstanceUid, seriesInstanceUid, sopClassUid, imagesInAcquisition } = instance;
    if (sopClassUid !== CT_IMAGE_STORAGE) return;
    const isAcquired = imagesInAcquisition !== undefined && (await this.#options.archive.instances(studyInstanceUid, seriesInstanceUid)).length === imagesInAcquisition;
    const growing = this.#growing.get(seriesInstanceUid);
    // While the series is being looked at, nobody knows yet whether this instance is seen: it waits for the end of that.
    if (growing !== undefined && !this.#doing.has(seriesInstanceUid)) this.#watch(seriesInstanceUid, growing.jobId, isAcquired);
    else await this.#oneAtATime(seriesInstanceUid, async () => { await this.#ensureJob(instance, arrival, isAcquired); });
  }

  /** Gives a waiting job the protocol that a person chose. @throws RondoError what keeps the series from being contoured, `job-state`, and as `ctIdentity` says */
  async chooseProtocol(jobId: string, protocol: string, who: string): Promise<Job> {
    const { jobs } = this.#options;
    const job = await jobs.get(jobId);
    if (job.state !== 'waiting' || job.source === undefined) throw new RondoError('job-state', `The job ${jobId} is ${job.state}: only one that waits is given a protocol. Look at it again.`);
    const { source } = job;
    return await this.#oneAtATime(job.seriesInstanceUid, async () => {
      // What lies elsewhere is looked at when it is fetched.
      if (source.url === OWN_ARCHIVE) await readCtGrid(this.#options.archive.folderOf(source.studyInstanceUid, source.seriesInstanceUid), { seriesInstanceUid: source.seriesInstanceUid });
      const released = await releaseJob(this.#options, job, { protocol }, who, { chosen: protocol });
      this.#growing.delete(source.seriesInstanceUid);
      return released;
    });
  }

  /** A series that has no job: how it came stands in its files, where it came to the listener. */
  async #takeUp([{ studyInstanceUid, seriesInstanceUid, sopInstanceUid, file }]: readonly ArchivedInstance[]): Promise<void> {
    const { dataset, meta } = readDicom(await readFile(file));
    const [callingAeTitle, calledAeTitle] = [text(meta, 'SourceApplicationEntityTitle'), text(meta, 'ReceivingApplicationEntityTitle')];
    const arrival: Arrival = this.#options.config.dimse.aeTitles.includes(calledAeTitle) ? { origin: 'dimse', callingAeTitle, calledAeTitle } : { origin: 'stow' };
    await this.received({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid: text(dataset, 'SOPClassUID'), imagesInAcquisition: undefined, isNew: true }, arrival);
  }

  async #ensureJob({ studyInstanceUid, seriesInstanceUid, isNew }: NewImage, { origin = 'dimse', ...arrival }: Arrival, isAcquired = false): Promise<void> {
    const growing = this.#growing.get(seriesInstanceUid);
    if (growing !== undefined) {
      this.#watch(seriesInstanceUid, growing.jobId, isAcquired);
      return;
    }
    const { jobs } = this.#options;
    const known = await jobs.ofSeries(seriesInstanceUid);
    const waiting = known.find(isOwnWaiting);
    // An AE title or a folder may choose another protocol than the way by which a series came before.
    const isNewWay = (before: readonly Job[]): boolean => (arrival.calledAeTitle ?? arrival.folder) !== undefined && before.every(({ arrival: { calledAeTitle, folder } }) => calledAeTitle !== arrival.calledAeTitle || folder !== arrival.folder);
    if (waiting !== undefined && (waiting.problem?.code !== NO_PROTOCOL.code || !isNewWay([waiting]))) this.#watch(seriesInstanceUid, waiting.id, isAcquired);
    // What was there before and has a job is a resend. More of a series that went its way is a series of its own, of all that is there by then.
    else if (isNew || isNewWay(known) || known.every(({ state }) => state === 'failed' || state === 'cancelled') || (await this.#holdsMore(studyInstanceUid, seriesInstanceUid, known))) {
      const source: CtSource = { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid, seriesInstanceUid };
      const { job } = await jobs.create({ origin: origin satisfies Origin, arrival, source, problem: ARRIVING }, WHO);
      if (waiting !== undefined) await jobs.cancel(waiting.id, WHO, 'the series came another way', job.id);
      this.#watch(seriesInstanceUid, job.id, isAcquired);
    }
  }

  /** Whether images of a series lie here that none of its jobs was made of: the database was away when they came, and their sender, who was told so, sends them again. */
  async #holdsMore(studyInstanceUid: string, seriesInstanceUid: string, known: readonly Job[]): Promise<boolean> {
    const own = known.filter(({ source }) => source?.url === OWN_ARCHIVE);
    const events = (await Promise.all(own.map(async ({ id }) => await this.#options.jobs.events(id)))).flat();
    const contoured = events.map(({ details }) => (typeof details?.instances === 'number' ? details.instances : 0));
    return (await this.#options.archive.instances(studyInstanceUid, seriesInstanceUid)).length > Math.max(0, ...contoured);
  }

  /** Looks at a series when it has been quiet for long enough. */
  #watch(seriesInstanceUid: string, jobId: string, isAcquired = false): void {
    const before = this.#growing.get(seriesInstanceUid);
    clearTimeout(before?.timer);
    if (this.#stopped) return;
    const growing: Growing = { jobId, lastMs: performance.now(), isAcquired, timer: undefined };
    this.#growing.set(seriesInstanceUid, growing);
    const quietMs = this.#options.config.series.quietSeconds * 1000;
    this.#lookLater(seriesInstanceUid, growing, isAcquired ? Math.min(ACQUIRED_MS, quietMs) : quietMs);
  }

  #lookLater(seriesInstanceUid: string, growing: Growing, delayMs: number): void {
    growing.timer = setTimeout(() => {
      this.#looks = this.#looks.then(async () => { await this.#oneAtATime(seriesInstanceUid, async () => { await this.#look(seriesInstanceUid, growing); }); }).catch((error: unknown) => {
        this.#options.onError(error, growing.jobId);
        // The database may be away for a while: what waits is looked at again.
        if (!this.#stopped && this.#growing.get(seriesInstanceUid) === growing) this.#lookLater(seriesInstanceUid, growing, this.#options.config.series.quietSeconds * 1000);
      });
    }, delayMs);
  }

  async #look(seriesInstanceUid: string, growing: Growing): Promise<void> {
    const { jobs, config: { series: { giveUpMinutes, quietSeconds }, rules } } = this.#options;
    // Another instance came meanwhile.
    if (this.#growing.get(seriesInstanceUid) !== growing || this.#stopped) return;
    const job = await jobs.get(growing.jobId);
    if (job.state !== 'waiting' || job.source === undefined) {
      this.#growing.delete(seriesInstanceUid);
      return;
    }
    const folder = this.#options.archive.folderOf(job.source.studyInstanceUid, seriesInstanceUid);
    const found = await this.#lookedAt(folder, seriesInstanceUid);
    if ('problem' in found) {
      const { problem } = found;
      const leftMs = growing.lastMs + giveUpMinutes * 60_000 - performance.now();
      if (leftMs <= 0) {
        await jobs.transition(job.id, 'waiting', 'failed', { problem }, WHO);
        this.#growing.delete(seriesInstanceUid);
      } else {
        if (job.problem?.message !== problem.message) await jobs.explain(job.id, problem, WHO);
        this.#lookLater(seriesInstanceUid, growing, leftMs);
      }
      return;
    }
    const { headers } = found;
    if (growing.isAcquired && !areOneAcquisition(headers)) {
      growing.isAcquired = false;
      this.#lookLater(seriesInstanceUid, growing, growing.lastMs + quietSeconds * 1000 - performance.now());
      return;
    }
    const choice = chooseProtocol(rules, seriesTags(rules, headers), { ...job.arrival, origin: job.origin === 'api' ? undefined : job.origin });
    if (choice.protocol === undefined) {
      await jobs.explain(job.id, NO_PROTOCOL, WHO, { rules: ruleOutcomes(choice.explanation) });
    } else {
      try {
        await releaseJob(this.#options, job, choice, WHO, { rule: choice.rule });
      } catch (error) {
        // What may pass by itself is tried again.
        if (!(error instanceof RondoError) || mayPass(error)) throw error;
        await jobs.explain(job.id, problemOf(error), WHO);
      }
    }
    this.#growing.delete(seriesInstanceUid);
  }

  /** The headers of a series that is whole, or what keeps it from being contoured. */
  async #lookedAt(folder: string, seriesInstanceUid: string): Promise<{ headers: readonly Dataset[] } | { problem: Problem }> {
    try {
      const { headers, grid } = await readCtHeaders(folder, { seriesInstanceUid });
      const { length } = grid().slices;
      const { seriesInstances } = this.#options.config.limits;
      if (length <= seriesInstances) return { headers };
      return { problem: { code: 'series-limit', message: `The series has ${length} images, more than the ${seriesInstances} that are contoured at most.`, cure: 'Send fewer, or allow more in "limits.seriesInstances".' } };
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      return { problem: { ...problemOf(error), cure: 'Send what is missing: the series is looked at again when another image arrives.' } };
    }
  }

  async #waitingJob(seriesInstanceUid: string): Promise<Job | undefined> {
    return (await this.#options.jobs.ofSeries(seriesInstanceUid)).find(isOwnWaiting);
  }

  async #oneAtATime<T>(seriesInstanceUid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#doing.get(seriesInstanceUid) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(work);
    this.#doing.set(seriesInstanceUid, done);
    try {
      return await done;
    } finally {
      if (this.#doing.get(seriesInstanceUid) === done) this.#doing.delete(seriesInstanceUid);
    }
  }
}

/** A workitem's job waits for its person: the rules may say otherwise than the workitem. */
function isOwnWaiting({ state, origin }: Job): boolean {
  return state === 'waiting' && origin !== 'worklist';
}

/** Whether images say that they are all of one acquisition. A series may be part of an acquisition, or of several, each of which counts for itself. */
function areOneAcquisition(headers: readonly Dataset[]): boolean {
  const numbersOf = new Set(headers.map((header) => text(header, 'AcquisitionNumber')));
  return numbersOf.size === 1 && headers.every((header) => Number(text(header, 'ImagesInAcquisition')) === headers.length);
}

import { readFile } from 'node:fs/promises';
import type { Archive, ArchivedInstance, InstanceHeader } from '../archive/index.ts';
import { chooseProtocol, ruleOutcomes, seriesTags, type Arrival, type Config, type Origin } from '../config/index.ts';
import { readCtGrid } from '../ct/index.ts';
import { CT_IMAGE_STORAGE, readDicom, text } from '../dicom/index.ts';
import type { SeriesListing } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { CtSource, Job, JobQueue, JobState, JobStore, Problem } from '../jobs/index.ts';
import { imagesOf, isOwnWaiting, wayOf } from './arrivedJob.ts';
import { checkChoice } from './destinations.ts';
import { NO_PROTOCOL } from './noProtocol.ts';
import { OWN_ARCHIVE } from './peers.ts';
import { mayPass, problemOf, unlessEnded } from './problem.ts';
import { releaseJob } from './releaseJob.ts';
import { areOneAcquisition, lookAt, stillArriving } from './seriesLook.ts';
import { SeriesTurns } from './seriesTurns.ts';

const WHO = 'intake';

/** Between the images of one acquisition a sender pauses for less, and before the next acquisition for more. */
const ACQUIRED_MS = 1_000;

/** Jobs that are asked for at a time. */
const PAGE = 1_000;

const ENDED_IN_VAIN: readonly JobState[] = ['failed', 'cancelled'];

const ARRIVING: Problem = { code: 'series-arriving', message: 'Images of the series are still arriving.', cure: 'Wait: nothing needs to be done.' };

export interface IntakeOptions {
  archive: Archive;
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  config: Pick<Config, 'destinations' | 'rules' | 'series' | 'limits' | 'dimse'>;
  /** What there is of a series, wherever it lies. */
  listSeries: (source: CtSource) => Promise<SeriesListing>;
  /** Told of what went wrong in the background. */
  onError: (error: unknown, jobId: string) => void;
}

/** An image that was received. */
type NewImage = Pick<InstanceHeader, 'studyInstanceUid' | 'seriesInstanceUid'> & { isNew: boolean };

/** A job whose series may still grow. */
interface Growing {
  jobId: string;
  source: Pick<CtSource, 'studyInstanceUid' | 'seriesInstanceUid'>;
  way: string | undefined;
  /** When its last instance came, by `performance.now()`. */
  lastMs: number;
  /** Whether as many images are there as its acquisition resulted in. */
  isAcquired: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Makes jobs of the series that arrive instance by instance: one for each way by which a series comes, as an AE title may have a protocol of its own. DICOM has no sign
 * for the end of a series: it counts as whole when nothing has come for a while, by whichever way, and its slices have no gap; the while is short where its images say of
 * how many of them they are. Its job waits from the first instance on, so that nothing that was taken is ever without one, whatever ends the process.
 */
export class Intake {
  readonly #options: IntakeOptions;
  /** By id of the job. */
  readonly #growing = new Map<string, Growing>();
  readonly #turns = new SeriesTurns();
  /** When an instance of a series last came, new or not, by Series Instance UID and `performance.now()`. */
  readonly #lastMs = new Map<string, number>();
  /** Looks at series, one after another: each has the files of its series in memory. */
  #looks: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes up what waited when the service last ended: jobs that wait, whether or not their images came, and CTs that have none, since the process ended between the two. */
  async start(): Promise<void> {
    const { archive, jobs } = this.#options;
    for await (const job of this.#waiting()) if (isOwnWaiting(job)) this.#watch(job);
    for (const { studyInstanceUid, seriesInstanceUid } of await archive.series()) {
      if ((await jobs.ofSeries(seriesInstanceUid)).length === 0) await this.#takeUp(await archive.instances(studyInstanceUid, seriesInstanceUid));
    }
  }

  /** No series is looked at any more; what is being done is waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#growing.values()) clearTimeout(timer);
    await Promise.all([this.#looks, this.#turns.end()]);
  }

  /** An instance is about to lie in the archive: returns when there is a job for it, by which it is known how it came. `received` follows. */
  async expected(instance: NewImage, arrival: Arrival): Promise<void> {
    await this.#turns.take(instance.seriesInstanceUid, async () => { await this.#ensureJob(instance, arrival); });
  }

  /**
   * An instance lies in the archive: returns when there is a job for it, so that its sender may be told that it was taken.
   * @throws RondoError `archive-removed` where it was deleted this moment, with what was kept of its series: it is to be sent again
   */
  async received(instance: InstanceHeader & { isNew: boolean }, arrival: Arrival): Promise<void> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, imagesInAcquisition } = instance;
    const { archive } = this.#options;
    // While the series is being looked at, nobody knows yet whether this instance is seen: it waits for the end of that.
    await this.#turns.take(seriesInstanceUid, async () => {
      if ((await archive.instance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)) === undefined) {
        throw new RondoError('archive-removed', 'What was kept of this series was deleted by the retention rules while an instance of it came. Nothing was taken: send it again.', { uid: sopInstanceUid });
      }
      this.#lastMs.set(seriesInstanceUid, performance.now());
      if (sopClassUid !== CT_IMAGE_STORAGE) return;
      const isAcquired = imagesInAcquisition !== undefined && (await archive.instances(studyInstanceUid, seriesInstanceUid)).length === imagesInAcquisition;
      await this.#ensureJob(instance, arrival, isAcquired);
    });
  }

  /** Does something to a series of the archive, and nothing of it is taken or looked at meanwhile. @returns whether it was done: not where instances of it have just come */
  async whileQuiet(seriesInstanceUid: string, work: () => Promise<void>): Promise<boolean> {
    return await this.#turns.take(seriesInstanceUid, async () => {
      const quietMs = this.#options.config.series.quietSeconds * 1000;
      for (const [uid, lastMs] of this.#lastMs) if (performance.now() - lastMs >= quietMs) this.#lastMs.delete(uid);
      if (this.#lastMs.has(seriesInstanceUid)) return false;
      await work();
      return true;
    });
  }

  /** Looks again at a series whose job waits anew. */
  lookAgain(job: Job): void {
    this.#watch(job);
  }

  /** Whether images of a series have come so lately that more may follow. */
  isArriving(seriesInstanceUid: string): boolean {
    const quietMs = this.#options.config.series.quietSeconds * 1000;
    return [...this.#growing.values()].some(({ source, lastMs, isAcquired }) => source.seriesInstanceUid === seriesInstanceUid && performance.now() - lastMs < (isAcquired ? Math.min(ACQUIRED_MS, quietMs) : quietMs));
  }

  /**
   * Gives a waiting job the protocol that somebody chose. While images of its series come it is only noted: whoever chooses need not be the sender, and half a CT has no gap.
   * @throws RondoError what keeps the series from being contoured, `job-state`, `series-arriving` of a job that was asked for apart from its images, and as `releaseJob` says
   */
  async chooseProtocol(jobId: string, protocol: string, who: string): Promise<Job> {
    const { jobs } = this.#options;
    const job = await jobs.get(jobId);
    if (job.state !== 'waiting' || job.source === undefined) throw new RondoError('job-state', `The job ${jobId} is ${job.state}: only one that waits is given a protocol. Look at it again.`);
    const { source } = job;
    return await this.#turns.take(job.seriesInstanceUid, async () => {
      if (source.url === OWN_ARCHIVE && this.isArriving(job.seriesInstanceUid)) {
        if (!this.#growing.has(jobId)) throw stillArriving(job.seriesInstanceUid);
        await checkChoice({ protocol, destinations: job.destinations }, this.#options.config);
        return await jobs.explain(jobId, ARRIVING, who, { chosen: protocol }, protocol);
      }
      // What lies elsewhere is looked at when it is fetched.
      if (source.url === OWN_ARCHIVE) await readCtGrid(this.#options.archive.folderOf(source.studyInstanceUid, source.seriesInstanceUid), { seriesInstanceUid: source.seriesInstanceUid });
      const released = await releaseJob(this.#options, job, { protocol }, who, { chosen: protocol });
      this.#growing.delete(jobId);
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
    const { jobs } = this.#options;
    const way = wayOf(arrival);
    const growing = [...this.#growing.values()].filter(({ source }) => source.seriesInstanceUid === seriesInstanceUid && source.studyInstanceUid === studyInstanceUid);
    // By whichever way it came: it is an image of them all.
    for (const each of growing) this.#grow(each, isAcquired);
    // What comes again may come since a person has ended the job meanwhile.
    if (isNew && growing.some((each) => way === undefined || each.way === way)) return;
    const known = (await jobs.ofSeries(seriesInstanceUid)).filter(({ source }) => source === undefined || source.studyInstanceUid === studyInstanceUid);
    // An AE title or a folder may choose another protocol than the way by which a series came before.
    const ofWay = known.filter((job) => way === undefined || wayOf(job.arrival) === way);
    const waiting = ofWay.find(isOwnWaiting);
    if (waiting !== undefined) {
      this.#watch(waiting, isAcquired);
      return;
    }
    // What was there before and has a job is a resend. More of a series that went its way is a series of its own, of all that is there by then.
    if (!isNew && !ofWay.every(({ state }) => ENDED_IN_VAIN.includes(state)) && !(await this.#holdsMore(studyInstanceUid, seriesInstanceUid, ofWay))) return;
    const source: CtSource = { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid, seriesInstanceUid };
    const { job } = await jobs.create({ origin: origin satisfies Origin, arrival, source, problem: ARRIVING }, WHO);
    this.#watch(job, isAcquired);
    // One that grows has a look before it.
    const left = known.filter((other) => isOwnWaiting(other) && other.problem?.code === NO_PROTOCOL.code && !this.#growing.has(other.id));
    for (const { id } of left) await jobs.cancel(id, WHO, 'the series came another way', job.id).catch(unlessEnded);
  }

  /** Whether images of a series lie here that none of these jobs was made of: the database was away when they came, and their sender, who was told so, sends them again. */
  async #holdsMore(studyInstanceUid: string, seriesInstanceUid: string, ofWay: readonly Job[]): Promise<boolean> {
    const own = ofWay.filter(({ source }) => source?.url === OWN_ARCHIVE);
    const contoured = await Promise.all(own.map(async ({ id }) => imagesOf(await this.#options.jobs.events(id))));
    return (await this.#options.archive.instances(studyInstanceUid, seriesInstanceUid)).length > Math.max(0, ...contoured);
  }

  /** Looks at the series of a waiting job when it has been quiet for long enough. */
  #watch({ id, source, arrival }: Job, isAcquired = false): void {
    if (source !== undefined) this.#grow({ jobId: id, source, way: wayOf(arrival) }, isAcquired);
  }

  #grow({ jobId, source, way }: Pick<Growing, 'jobId' | 'source' | 'way'>, isAcquired: boolean): void {
    clearTimeout(this.#growing.get(jobId)?.timer);
    if (this.#stopped) return;
    const growing: Growing = { jobId, source, way, lastMs: performance.now(), isAcquired, timer: undefined };
    this.#growing.set(jobId, growing);
    const quietMs = this.#options.config.series.quietSeconds * 1000;
    this.#lookLater(growing, isAcquired ? Math.min(ACQUIRED_MS, quietMs) : quietMs);
  }

  #lookLater(growing: Growing, delayMs: number): void {
    const { jobId, source: { seriesInstanceUid } } = growing;
    growing.timer = setTimeout(() => {
      this.#looks = this.#looks.then(async () => { await this.#turns.take(seriesInstanceUid, async () => { await this.#look(growing); }); }).catch((error: unknown) => {
        this.#options.onError(error, jobId);
        // The database may be away for a while: what waits is looked at again.
        if (!this.#stopped && this.#growing.get(jobId) === growing) this.#lookLater(growing, this.#options.config.series.quietSeconds * 1000);
      });
    }, delayMs);
  }

  async #look(growing: Growing): Promise<void> {
    const { archive, jobs, config: { series: { giveUpMinutes, quietSeconds }, rules } } = this.#options;
    const { jobId, source: { studyInstanceUid, seriesInstanceUid } } = growing;
    // Another instance came meanwhile.
    if (this.#growing.get(jobId) !== growing || this.#stopped) return;
    const job = await jobs.get(jobId);
    if (job.state !== 'waiting') {
      this.#growing.delete(jobId);
      return;
    }
    const found = await lookAt(archive, studyInstanceUid, seriesInstanceUid);
    if ('problem' in found) {
      const { problem } = found;
      const leftMs = growing.lastMs + giveUpMinutes * 60_000 - performance.now();
      if (leftMs <= 0) {
        await jobs.transition(jobId, 'waiting', 'failed', { problem }, WHO);
        this.#growing.delete(jobId);
      } else {
        if (job.problem?.message !== problem.message) await jobs.explain(jobId, problem, WHO);
        this.#lookLater(growing, leftMs);
      }
      return;
    }
    const { headers } = found;
    if (growing.isAcquired && !areOneAcquisition(headers)) {
      growing.isAcquired = false;
      this.#lookLater(growing, growing.lastMs + quietSeconds * 1000 - performance.now());
      return;
    }
    const { protocol: chosen } = job;
    const choice = chosen === undefined ? chooseProtocol(rules, seriesTags(rules, headers), { ...job.arrival, origin: job.origin === 'api' ? undefined : job.origin }) : { protocol: chosen, rule: undefined, explanation: [] };
    if (choice.protocol === undefined) {
      await jobs.explain(job.id, NO_PROTOCOL, WHO, { rules: ruleOutcomes(choice.explanation) });
    } else {
      try {
        await releaseJob(this.#options, job, choice, WHO, chosen === undefined ? { rule: choice.rule } : { chosen });
      } catch (error) {
        // What may pass by itself is tried again.
        if (!(error instanceof RondoError) || mayPass(error)) throw error;
        await jobs.explain(job.id, problemOf(error), WHO);
      }
    }
    this.#growing.delete(jobId);
  }

  /** All jobs that wait. */
  async* #waiting(): AsyncGenerator<Job> {
    let page: readonly Job[];
    let before: string | undefined;
    do {
      page = await this.#options.jobs.list({ state: 'waiting', limit: PAGE, before });
      yield* page;
      before = page.at(-1)?.id;
    } while (page.length === PAGE);
  }
}

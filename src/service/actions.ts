import { chooseProtocol, ruleOutcomes, seriesTags, type Config } from '../config/index.ts';
import { DicomWeb, type FoundSeries, type Service } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import { LOOKED_AT, MAX_POSTPONED, retryDelayMs, type Job, type JobQueue, type JobStore, type Problem } from '../jobs/index.ts';
import { openModel, openProtocol, modelNames, protocolNames } from '../pipeline/index.ts';
import { isOwnWaiting } from './arrivedJob.ts';
import { checkDestinations } from './destinations.ts';
import type { Intake } from './intake.ts';
import { NO_PROTOCOL } from './noProtocol.ts';
import { listSeriesAt, OWN_ARCHIVE, serviceAt } from './peers.ts';
import { mayPass, problemOf } from './problem.ts';
import type { ReadyCheck } from './readyCheck.ts';
import { releaseJob } from './releaseJob.ts';
import { ruleKeywords } from './ruleKeywords.ts';
import { stillArriving } from './seriesLook.ts';
import type { WorklistPoll } from './worklistPoll.ts';

/** A series that somebody names. */
export interface Submission {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  /** Name of an archive of the configuration; Rondo's own without it. */
  archive?: string | undefined;
  /** Without it the rules choose. */
  protocol?: string | undefined;
  /** Greater is sooner. */
  priority?: number | undefined;
  /** Names; without them those of the rule, else of the protocol, else all. */
  destinations?: readonly string[] | undefined;
}

export interface ActionsOptions {
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  intake: Intake;
  config: Pick<Config, 'archives' | 'destinations' | 'rules' | 'limits'>;
  ownArchive: Service;
  /** Where the configuration has a worklist. */
  worklist: Pick<WorklistPoll, 'claimFor' | 'ready'> | undefined;
  /** Told of what went wrong in the background. */
  onError: (error: unknown, jobId: string) => void;
}

const WHO = 'service';

/** More than ever wait to be looked at. */
export const MOST_WAITING = 10_000;

/** What people and programs may ask of the service. */
export class Actions {
  readonly #options: ActionsOptions;
  readonly #looking = new Set<Promise<void>>();
  readonly #later = new Set<NodeJS.Timeout>();
  readonly #stopping = new AbortController();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /** Looks at what was asked for when the service last ended. */
  async start(): Promise<void> {
    for (const job of await this.#options.jobs.list({ state: 'waiting', limit: MOST_WAITING })) if (job.origin === 'api' && job.problem?.code === LOOKED_AT.code) this.#lookAt(job);
  }

  /** No series is looked at any more: those that were not yet are on the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#later) clearTimeout(timer);
    await Promise.allSettled(this.#looking);
  }

  /**
   * The job of a series: one that arrived here and waits is taken up, by the protocol where one is named, as soon as nothing has come for a while.
   * Else a new job for a series that lies in an archive. It waits until the series has been looked at, which is done after this has returned: an archive
   * that tells of a series may answer nobody until it has been answered, as Orthanc does not while a script of its own waits. Then it is worked
   * on, waits for a person where no rule chooses its protocol, or has failed.
   * @throws RondoError `archive-unknown`, `destination-unknown`, those of `openProtocol`; then there is no job. As `Intake.chooseProtocol` says; then it waits as before
   */
  async submit({ studyInstanceUid, seriesInstanceUid, archive, protocol, priority, destinations }: Submission, who: string): Promise<Job> {
    const url = archive === undefined ? OWN_ARCHIVE : this.#archiveUrl(archive);
    if (protocol !== undefined) await openProtocol(protocol);
    checkDestinations(destinations, this.#options.config, 'The request');
    // A job that waits gets no other destinations and no other priority.
    const isPlain = archive === undefined && priority === undefined && destinations === undefined;
    const arrived = isPlain ? await this.#takeUp(studyInstanceUid, seriesInstanceUid, protocol, who) : undefined;
    if (arrived !== undefined) return arrived;
    const { job } = await this.#options.jobs.create({ origin: 'api', source: { kind: 'dicomweb', url, studyInstanceUid, seriesInstanceUid }, protocol, priority, destinations, problem: LOOKED_AT }, who);
    this.#lookAt(job);
    return job;
  }

  /** @throws RondoError as `Intake.chooseProtocol`, `openProtocol` and `WorklistPoll.claimFor` say */
  async chooseProtocol(jobId: string, protocol: string, who: string): Promise<Job> {
    await openProtocol(protocol);
    await this.#options.worklist?.claimFor(jobId);
    return await this.#options.intake.chooseProtocol(jobId, protocol, who);
  }

  /** Begins a failed job anew; the series of one that failed before it was released is looked at again. @throws RondoError as `JobStore.rerun` says */
  async rerun(jobId: string, who: string): Promise<Job> {
    const { jobs, intake } = this.#options;
    const job = await jobs.rerun(jobId, who);
    if (isOwnWaiting(job)) intake.lookAgain(job);
    else if (job.state === 'waiting') this.#lookAt(job);
    return job;
  }

  async protocols(): Promise<{ name: string; title: string }[]> {
    return await Promise.all((await protocolNames()).map(async (name) => ({ name, title: (await openProtocol(name)).title })));
  }

  async models(): Promise<{ name: string; version: string; guideline: string; trainingData: string }[]> {
    const models = await Promise.all((await modelNames()).map(openModel));
    return models.map(({ manifest: { name, version, guideline, trainingData } }) => ({ name, version, guideline, trainingData: trainingData.kind }));
  }

  destinations(): { name: string; kind: string }[] {
    return this.#options.config.destinations.map(({ name, kind }) => ({ name, kind }));
  }

  /** The job of a series that arrived here and waits, by the protocol that was asked for; undefined where there is none. */
  async #takeUp(studyInstanceUid: string, seriesInstanceUid: string, protocol: string | undefined, who: string): Promise<Job | undefined> {
    const { jobs } = this.#options;
    const arrived = (await jobs.ofSeries(seriesInstanceUid)).find((job) => isOwnWaiting(job) && job.source?.studyInstanceUid === studyInstanceUid);
    if (arrived === undefined) return undefined;
    await jobs.note(arrived.id, 'came again', who, { origin: 'api' });
    if (protocol === undefined) return arrived;
    try {
      return await this.chooseProtocol(arrived.id, protocol, who);
    } catch (error) {
      // It waits no more: whether the rules chose the same is found out when a new job is looked at.
      if (error instanceof RondoError && error.code === 'job-state') return undefined;
      throw error;
    }
  }

  /** @param failed how often in vain */
  #lookAt({ id }: Pick<Job, 'id'>, failed = 0): void {
    const { jobs, onError } = this.#options;
    const looking = this.release({ id }).catch(async (error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      onError(error, id);
      if (mayPass(error) && failed < MAX_POSTPONED) await this.#lookLater(id, failed + 1, problemOf(error, 'wait'));
      else await jobs.transition(id, 'waiting', 'failed', { problem: problemOf(error) }, WHO);
    }).catch((error: unknown) => { onError(error, id); }).finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  async #lookLater(id: string, failed: number, { message, cure }: Problem): Promise<void> {
    const timer = setTimeout(() => {
      this.#later.delete(timer);
      this.#lookAt({ id }, failed);
    }, retryDelayMs(failed));
    this.#later.add(timer);
    await this.#options.jobs.explain(id, { code: LOOKED_AT.code, message: `The series could not be looked at yet: ${message}`, cure }, WHO);
  }

  /**
   * Has a waiting job worked on whose series an archive lists, by the protocol that was asked for or that a rule chooses; without one it waits for a person.
   * @throws RondoError `series-arriving`, `dicomweb-series-empty`, those of `DicomWeb` and `releaseJob`
   */
  async release({ id }: Pick<Job, 'id'>): Promise<void> {
    const { jobs, config, intake, ownArchive } = this.#options;
    const job = await jobs.get(id);
    const { source, protocol } = job;
    // A person decided about it meanwhile.
    if (job.state !== 'waiting' || source === undefined) return;
    if (source.url === OWN_ARCHIVE && intake.isArriving(source.seriesInstanceUid)) throw stillArriving(source.seriesInstanceUid);
    const match = { StudyInstanceUID: source.studyInstanceUid, SeriesInstanceUID: source.seriesInstanceUid };
    const [found] = (await new DicomWeb(serviceAt(source.url, config, ownArchive)).searchSeries({ match, attributes: ruleKeywords(config.rules), signal: this.#stopping.signal })) as [FoundSeries?];
    if (found === undefined) throw new RondoError('dicomweb-series-empty', 'The archive lists no such series. Check its UIDs, and whether it has arrived in the archive.', { uid: source.seriesInstanceUid });
    const choice = protocol === undefined ? chooseProtocol(config.rules, seriesTags(config.rules, [found.attributes]), { origin: 'archive' }) : { protocol, explanation: [] };
    const details = { rules: ruleOutcomes(choice.explanation) };
    if (choice.protocol === undefined) await jobs.explain(job.id, NO_PROTOCOL, WHO, details);
    else await releaseJob({ ...this.#options, listSeries: listSeriesAt(config, ownArchive) }, job, choice, WHO, details);
  }

  /** What the service needs beside its database. */
  async ready(): Promise<ReadyCheck[]> {
    const protocols = this.protocols().then(() => ({ name: 'protocols', ok: true }), (error: unknown) => ({ name: 'protocols', ok: false, detail: error instanceof RondoError ? error.message : 'they cannot be read' }));
    return [await protocols, ...(this.#options.worklist?.ready() ?? [])];
  }

  #archiveUrl(name: string): string {
    const { archives } = this.#options.config;
    const archive = archives.find((one) => one.name === name);
    if (archive === undefined) throw new RondoError('archive-unknown', `The configuration has no archive "${name}". Expected one of: ${archives.map((one) => one.name).join(', ') || 'none is configured'}.`);
    return archive.url;
  }
}

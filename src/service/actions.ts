import { chooseProtocol, seriesTags, type Config } from '../config/index.ts';
import { DicomWeb, type FoundSeries, type Service } from '../dicomweb/index.ts';
import { elementOfKeyword } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Job, JobQueue, JobStore, Problem } from '../jobs/index.ts';
import { openModel, openProtocol, modelNames, protocolNames } from '../pipeline/index.ts';
import { checkDestinations } from './destinations.ts';
import type { Intake } from './intake.ts';
import { instanceUidsAt, OWN_ARCHIVE, serviceAt } from './peers.ts';
import { problemOf } from './problem.ts';
import { releaseJob } from './releaseJob.ts';

/** A series that somebody names. */
export interface Submission {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  /** Name of an archive of the configuration; Rondo's own without it. */
  archive?: string | undefined;
  /** Without it the rules choose. */
  protocol?: string | undefined;
  priority?: number | undefined;
  /** Names; without them those of the rule, else of the protocol, else all. */
  destinations?: readonly string[] | undefined;
}

export interface ActionsOptions {
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  intake: Intake;
  config: Pick<Config, 'archives' | 'destinations' | 'rules'>;
  ownArchive: Service;
  /** Told of what went wrong in the background. */
  onError: (error: unknown, jobId: string) => void;
}

const WHO = 'service';

/** More than ever wait to be looked at. */
const MOST_WAITING = 10_000;

const LOOKED_AT: Problem = { code: 'series-looked-at', message: 'The series is being looked at.', cure: 'Wait: nothing needs to be done.' };

/** What people and programs may ask of the service. */
export class Actions {
  readonly #options: ActionsOptions;
  readonly #looking = new Set<Promise<void>>();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /** Looks at what was asked for when the service last ended. */
  async start(): Promise<void> {
    for (const job of await this.#options.jobs.list({ state: 'waiting', limit: MOST_WAITING })) if (job.problem?.code === LOOKED_AT.code) this.#lookAt(job);
  }

  /** What is being looked at is waited for. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#looking);
  }

  /**
   * The job of a series: one that arrived here and waits is taken up, at once where a protocol is named: its sender knows that it is whole.
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

  /** @throws RondoError as `Intake.chooseProtocol` says */
  async chooseProtocol(jobId: string, protocol: string, who: string): Promise<Job> {
    return await this.#options.intake.chooseProtocol(jobId, protocol, who);
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
    const arrived = (await jobs.ofSeries(seriesInstanceUid)).find(({ state, origin, source }) => state === 'waiting' && origin !== 'api' && source?.studyInstanceUid === studyInstanceUid);
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

  #lookAt(job: Job): void {
    const { jobs, onError } = this.#options;
    const looking = this.#release(job).catch(async (error: unknown) => {
      onError(error, job.id);
      await jobs.transition(job.id, 'waiting', 'failed', { problem: problemOf(error) }, WHO);
    }).catch((error: unknown) => { onError(error, job.id); }).finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  /** Has a series worked on that an archive lists, by the protocol that was asked for or that a rule chooses. */
  async #release(job: Job): Promise<void> {
    const { jobs, config, ownArchive } = this.#options;
    const { source, protocol } = job;
    if (source === undefined) return;
    const keywords = [...new Set(config.rules.flatMap(({ when }) => Object.keys(when)))].filter((keyword) => elementOfKeyword(keyword, 0) !== undefined);
    const match = { StudyInstanceUID: source.studyInstanceUid, SeriesInstanceUID: source.seriesInstanceUid };
    const [found] = (await new DicomWeb(serviceAt(source.url, config, ownArchive)).searchSeries({ match, attributes: keywords })) as [FoundSeries?];
    if (found === undefined) throw new RondoError('dicomweb-series-empty', 'The archive lists no such series. Check its UIDs, and whether it has arrived in the archive.', { uid: source.seriesInstanceUid });
    const choice = protocol === undefined ? chooseProtocol(config.rules, seriesTags(config.rules, [found.attributes]), { origin: 'archive' }) : { protocol, explanation: [] };
    if (choice.protocol === undefined) {
      await jobs.explain(job.id, { code: 'protocol-none', message: 'No rule chooses a protocol for this series: nothing is guessed.', cure: 'Choose the protocol of this job, or add a rule to the configuration.' }, WHO, { rules: choice.explanation });
      return;
    }
    await releaseJob({ ...this.#options, instanceUids: instanceUidsAt(config, ownArchive) }, job, choice, WHO, { rules: choice.explanation });
  }

  /** What the service needs beside its database. */
  async ready(): Promise<{ name: string; ok: boolean; detail?: string }[]> {
    const protocols = this.protocols().then(() => ({ name: 'protocols', ok: true }), (error: unknown) => ({ name: 'protocols', ok: false, detail: error instanceof RondoError ? error.message : 'they cannot be read' }));
    return [await protocols];
  }

  #archiveUrl(name: string): string {
    const { archives } = this.#options.config;
    const archive = archives.find((one) => one.name === name);
    if (archive === undefined) throw new RondoError('archive-unknown', `The configuration has no archive "${name}". Expected one of: ${archives.map((one) => one.name).join(', ') || 'none is configured'}.`);
    return archive.url;
  }
}

import { chooseProtocol, seriesTags, type Config } from '../config/index.ts';
import { DicomWeb, type Service } from '../dicomweb/index.ts';
import { elementOfKeyword } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Job, JobQueue, JobStore, Problem } from '../jobs/index.ts';
import { openModel, openProtocol, modelNames, protocolNames } from '../pipeline/index.ts';
import type { Intake } from './intake.ts';
import { instanceUidsAt, OWN_ARCHIVE, serviceAt } from './peers.ts';
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
}

export interface ActionsOptions {
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  intake: Intake;
  config: Pick<Config, 'archives' | 'destinations' | 'rules'>;
  ownArchive: Service;
}

const LOOKED_AT: Problem = { code: 'series-looked-at', message: 'The series is being looked at.', cure: 'Wait: nothing needs to be done.' };

/** What people and programs may ask of the service. */
export class Actions {
  readonly #options: ActionsOptions;

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /**
   * A job for a series that lies in an archive. Where no rule chooses its protocol it waits for a person.
   * @throws RondoError `archive-unknown`, those of `DicomWeb`, of `openProtocol`; then there is no job
   */
  async submit({ studyInstanceUid, seriesInstanceUid, archive, protocol, priority }: Submission, who: string): Promise<Job> {
    const { jobs, config, ownArchive } = this.#options;
    const url = archive === undefined ? OWN_ARCHIVE : this.#archiveUrl(archive);
    const source = { kind: 'dicomweb' as const, url, studyInstanceUid, seriesInstanceUid };
    if (protocol !== undefined) await openProtocol(protocol);
    const web = new DicomWeb(serviceAt(url, config, ownArchive));
    const keywords = [...new Set(config.rules.flatMap(({ when }) => Object.keys(when)))].filter((keyword) => elementOfKeyword(keyword, 0) !== undefined);
    const [found] = await web.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid }, attributes: keywords });
    if ((found as typeof found | undefined) === undefined) throw new RondoError('dicomweb-series-empty', 'The archive lists no such series. Check its UIDs, and whether it has arrived in the archive.', { uid: seriesInstanceUid });
    const choice = chooseProtocol(config.rules, seriesTags(config.rules, [found.attributes]), { origin: 'archive' });
    const { job } = await jobs.create({ origin: 'api', source, priority, problem: LOOKED_AT }, who);
    const chosen = protocol ?? choice.protocol;
    if (chosen === undefined) {
      return await jobs.explain(job.id, { code: 'protocol-none', message: 'No rule chooses a protocol for this series: nothing is guessed.', cure: 'Choose the protocol of this job, or add a rule to the configuration.' }, who, { rules: choice.explanation });
    }
    try {
      return await releaseJob({ ...this.#options, instanceUids: instanceUidsAt(config, ownArchive) }, job, protocol === undefined && choice.protocol !== undefined ? choice : { protocol: chosen }, who, protocol === undefined ? { rules: choice.explanation } : { chosen });
    } catch (error) {
      await jobs.cancel(job.id, who, error instanceof RondoError ? error.message : 'something unexpected happened');
      throw error;
    }
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

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import type { Config } from '../config/index.ts';
import { DicomWeb, type Service } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import { MAX_POSTPONED, retryDelayMs, type DeliveryMessage, type DeliveryStore, type Job, type JobLeases, type JobQueue, type JobStore, type StructureSetStore } from '../jobs/index.ts';
import { beginContouring } from './beginContouring.ts';
import { caseNotes } from './caseNotes.ts';
import { ContouringProcess, type ContouringProgress } from './contouringProcess.ts';
import { currentProtocol } from './ctIdentity.ts';
import { deliver } from './delivery.ts';
import { checkSpace, orDiskFull } from './diskSpace.ts';
import { serviceAt } from './peers.ts';
import { mayPass, problemOf } from './problem.ts';

/** How long a worker may be silent before another takes its job. */
const LEASE_MS = 20_000;
const RENEW_MS = 5_000;
/** Progress is written at most so often. */
const PROGRESS_MS = 500;
/** How often what was missed is looked for. */
const SWEEP_MS = 3_000;
/** Before a job is begun again whose contouring ended. */
const AGAIN_MS = 15_000;
/** Between questions to a database that is away. */
const DATABASE_MS = 1_000;
/** Below this no other CT is begun beside one that is being contoured: the largest take less (`npm run bench:engine`). */
const LEAST_MEMORY_BYTES = 2 ** 31;
/** Deliveries at a time: they wait more than they work. */
const DELIVERIES = 4;

export interface JobRunnerOptions {
  /** Of this process: stands in leases and events. */
  name: string;
  jobs: JobStore;
  leases: JobLeases;
  structureSets: StructureSetStore;
  deliveries: DeliveryStore;
  queue: JobQueue;
  config: Pick<Config, 'archives' | 'destinations' | 'contouring' | 'limits'>;
  /** Memory that this process may still use, in bytes; for tests. */
  freeMemory?: () => number;
  /** Whether it only delivers, and leaves contouring to others. */
  onlyDelivers?: boolean;
  /** Where images lie while they are contoured, of this process alone. */
  folder: string;
  /** How this process reaches Rondo's own archive. */
  ownArchive: Service;
  /** Told of everything that goes wrong, with the job. */
  onError: (error: unknown, jobId: string | undefined) => void;
}

const GONE = new Set(['lease-lost', 'job-state', 'job-transition']);

/** Failures of contouring that are the machine's, or the moment's, and not the images'. */
const AGAIN = new Set(['contouring-ended', 'contouring-changed']);

/** Works on jobs: fetches images, has them contoured, delivers structure sets. Any number of these may share a database. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #processes: ContouringProcess[];
  /** Processes that are free. */
  readonly #free: ContouringProcess[];
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#processes = Array.from({ length: options.onlyDelivers === true ? 0 : options.config.contouring.parallel }, () => new ContouringProcess(options.config.contouring.provider));
    this.#free = [...this.#processes];
  }

  /** Begins to work. @throws RondoError `database-unreachable` */
  async start(): Promise<void> {
    const { queue, folder } = this.#options;
    await mkdir(folder, { recursive: true });
    for (let n = 0; n < this.#processes.length; n++) await queue.onJob(async () => { await this.#track(this.#workOff()); });
    for (let n = 0; n < DELIVERIES; n++) await queue.onDelivery(async (message) => { if (!this.#stopping.signal.aborted) await this.#track(this.#deliver(message)); });
    this.#sweepLater();
  }

  /** Hands back what is being done, and ends. */
  async stop(): Promise<void> {
    clearTimeout(this.#sweep);
    this.#stopping.abort();
    // Nobody waits for what a process is at: it is begun anew elsewhere.
    await Promise.all(this.#processes.map(async (each) => { await each.close(); }));
    await Promise.allSettled(this.#running);
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  #sweepLater(): void {
    this.#sweep = setTimeout(() => {
      this.#options.queue.sweep().catch((error: unknown) => { this.#options.onError(error, undefined); }).finally(() => { if (!this.#stopping.signal.aborted) this.#sweepLater(); });
    }, SWEEP_MS);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Works on jobs until there is none. */
  async #workOff(): Promise<void> {
    const { leases, name } = this.#options;
    const contouring = this.#free.pop();
    if (contouring === undefined) return;
    try {
      // Left alone is nothing: the next sweep rings again, also for other workers.
      while (!this.#stopping.signal.aborted && this.#hasRoom()) {
        const job = await leases.claim(name, LEASE_MS);
        if (job === undefined) return;
        await this.#work(job, contouring);
      }
    } finally {
      this.#free.push(contouring);
    }
  }

  /** Whether memory suffices for another CT beside those that are being contoured. The first is always begun: waiting would not make room. */
  #hasRoom(): boolean {
    const { freeMemory = () => process.availableMemory() } = this.#options;
    return this.#processes.length - this.#free.length === 1 || freeMemory() >= LEAST_MEMORY_BYTES;
  }

  async #work(job: Job, contouring: ContouringProcess): Promise<void> {
    const { leases, name, onError } = this.#options;
    const lost = new AbortController();
    const renewing = setInterval(() => {
      leases.renew(job.id, name, LEASE_MS).then((held) => { if (!held) lost.abort(); }, (error: unknown) => { onError(error, job.id); });
    }, RENEW_MS);
    try {
      await this.#contour(job, contouring, AbortSignal.any([lost.signal, this.#stopping.signal]));
    } catch (error) {
      if (lost.signal.aborted || isGone(error)) return;
      if (!this.#stopping.signal.aborted) onError(error, job.id);
      await this.#told(async () => { await this.#end(job, error); }).catch((gone: unknown) => { if (!isGone(gone)) throw gone; });
    } finally {
      clearInterval(renewing);
    }
  }

  /** What becomes of a job that did not come to its end. */
  async #end({ id, postponed }: Job, error: unknown): Promise<void> {
    const { jobs, leases, name } = this.#options;
    if (this.#stopping.signal.aborted) await leases.release(id, name);
    else if (error instanceof RondoError && AGAIN.has(error.code)) await leases.release(id, name, { problem: problemOf(error), delayMs: AGAIN_MS, isAttempt: true });
    else if (mayPass(error) && postponed < MAX_POSTPONED) await leases.release(id, name, { problem: problemOf(error, 'wait'), delayMs: retryDelayMs(postponed + 1), isAttempt: false });
    else await jobs.transition(id, (await jobs.get(id)).state, 'failed', { problem: problemOf(error) }, name);
  }

  /** What the database is told of work that is done: where it is away, once it is back, lest the work was for nothing. */
  async #told<T>(tell: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await tell();
      } catch (error) {
        if (!isAway(error) || this.#stopping.signal.aborted) throw error;
        await pass(DATABASE_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  async #contour(job: Job, contouring: ContouringProcess, signal: AbortSignal): Promise<void> {
    const { jobs, structureSets, queue, name, config, ownArchive } = this.#options;
    const { source, protocol } = job;
    if (source === undefined || protocol === undefined) throw new RondoError('job-purged', `What the job ${job.id} was made of was deleted by the retention rules: send the images again.`);
    const report = this.#progressOf(job);
    let folder: string | undefined;
    try {
      folder = await mkdtemp(path.join(this.#options.folder, 'job-'));
      const ctFolder = path.join(folder, 'ct');
      checkSpace(folder);
      const web = new DicomWeb(serviceAt(source.url, config, ownArchive));
      const images = await web.retrieveSeries(source.studyInstanceUid, source.seriesInstanceUid, ctFolder, {
        signal,
        most: config.limits.seriesInstances,
        onProgress: ({ instances, of }) => {
          checkSpace(ctFolder);
          report({ stage: 'fetching', done: instances, total: of });
        },
      });
      const current = await currentProtocol(protocol);
      if (!(await this.#told(async () => await beginContouring(jobs, job, current, images, name)))) return;
      const { bytes, summary } = await contouring.contour({ ctFolder, seriesInstanceUid: source.seriesInstanceUid, protocol, sha256: current.sha256 }, { folder, timeoutMs: config.contouring.timeoutMinutes * 60_000, signal, onProgress: report });
      const { name: protocolName, destinations: ofProtocol } = current.protocol;
      const destinations = job.destinations ?? ofProtocol ?? config.destinations.map((destination) => destination.name);
      const made = { sopInstanceUid: summary.sopInstanceUid, bytes, summary: { ...summary }, notes: caseNotes(summary), details: { models: summary.models, protocol: protocolName } };
      await this.#told(async () => await structureSets.save(job.id, name, made, destinations));
      for (const destination of destinations) await queue.sendDelivery({ jobId: job.id, destination, attempts: 0 }, job);
    } catch (error) {
      throw orDiskFull(error);
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  }

  /** Writes how far a job is, now and then. */
  #progressOf({ id }: Job): (progress: ContouringProgress) => void {
    const { leases, name, onError } = this.#options;
    let [last, stage] = [-Infinity, ''];
    return (progress) => {
      if (progress.stage === stage && performance.now() - last < PROGRESS_MS) return;
      [last, stage] = [performance.now(), progress.stage];
      leases.setProgress(id, name, progress).catch((error: unknown) => { onError(error, id); });
    };
  }

  async #deliver({ jobId, destination: wanted }: DeliveryMessage): Promise<void> {
    const { deliveries, structureSets, queue, name, config, ownArchive, onError } = this.#options;
    const destination = config.destinations.find((one) => one.name === wanted);
    const delivery = await deliveries.claim(jobId, wanted, name, LEASE_MS + (destination?.timeoutMs ?? 0));
    if (delivery === undefined) return;
    try {
      if (destination === undefined) throw new RondoError('delivery-unknown', `The configuration has no destination ${wanted}. Expected one of: ${config.destinations.map((one) => one.name).join(', ')}. Add it, then try the delivery again.`);
      const { bytes } = (await this.#told(async () => await structureSets.get(jobId))) ?? {};
      if (bytes === undefined) throw new RondoError('job-purged', `The structure set of the job ${jobId} was deleted by the retention rules: send the images again.`);
      const state = await deliver(bytes, destination, { ownArchive, signal: this.#stopping.signal });
      await this.#told(async () => await deliveries.record(jobId, wanted, name, { state }));
    } catch (error) {
      if (isGone(error)) return;
      if (this.#stopping.signal.aborted) {
        await deliveries.release(jobId, wanted, name);
        return;
      }
      onError(error, jobId);
      const isTriedAgain = mayPass(error) && delivery.attempts < (destination?.attempts ?? 1);
      const delayMs = isTriedAgain ? retryDelayMs(delivery.attempts) : undefined;
      const problem = problemOf(error, delayMs === undefined ? 'deliver' : 'wait');
      await this.#told(async () => await deliveries.record(jobId, wanted, name, { state: 'failed', problem, delayMs }));
      if (delayMs !== undefined) await queue.sendDelivery(delivery, { delayMs });
    }
  }
}

/** Whether another worker has it by now, or the job was cancelled. */
function isGone(error: unknown): boolean {
  return error instanceof RondoError && GONE.has(error.code);
}

/** Whether the database does not answer. */
function isAway(error: unknown): boolean {
  return error instanceof RondoError && error.code === 'database-unreachable';
}

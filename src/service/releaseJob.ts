import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import type { CtSource, Job, JobQueue, JobState, JobStore } from '../jobs/index.ts';
import { ctIdentity } from './ctIdentity.ts';
import { checkChoice } from './destinations.ts';

export interface JobRelease {
  config: Pick<Config, 'destinations'>;
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  /** The instances of a series, wherever it lies. */
  instanceUids: (source: CtSource) => Promise<readonly string[]>;
}

/** States of a job whose structure set has not left yet. */
const UNDELIVERED: readonly JobState[] = ['received', 'fetching', 'contouring', 'delivering'];

/**
 * A waiting job whose series is whole can be worked on. One that would do what another does ends as its double; an earlier one of the series,
 * which goes where this one goes and whose structure set has not left yet, ends, since more images have come.
 * @param choice destinations that a rule names; those that were asked for go before them
 * @returns the job, or the one that it is a double of
 * @throws RondoError `job-missing`, `job-state`, `job-purged`, `destination-unknown`, and as `ctIdentity` and `instanceUids` say
 */
export async function releaseJob({ config, jobs, queue, instanceUids }: JobRelease, job: Job, choice: { protocol: string; destinations?: readonly string[] }, who: string, details: Readonly<Record<string, unknown>>): Promise<Job> {
  if (job.source === undefined) throw new RondoError('job-purged', `What the job ${job.id} was made of was deleted by the retention rules: send the images again.`);
  const { protocol } = choice;
  const destinations = job.destinations ?? choice.destinations;
  await checkChoice({ protocol, destinations }, config);
  const uids = await instanceUids(job.source);
  const identity = await ctIdentity(job.seriesInstanceUid, uids, protocol, destinations);
  let released: Job;
  try {
    released = await jobs.transition(job.id, 'waiting', 'received', { protocol, identity, destinations, details: { ...details, instances: uids.length } }, who);
  } catch (error) {
    if (!(error instanceof RondoError) || error.code !== 'job-duplicate') throw error;
    const double = (await jobs.ofSeries(job.seriesInstanceUid)).find((other) => other.identity === identity && other.state !== 'failed' && other.state !== 'cancelled');
    const cancelled = await jobs.cancel(job.id, who, 'another job contours the same images by the same protocol', double?.id);
    if (double === undefined) return cancelled;
    // Whoever asked for the double may see the job that takes its place.
    const [{ who: asker }] = await jobs.events(job.id);
    await jobs.note(double.id, 'came again', asker, { origin: job.origin });
    return double;
  }
  for (const earlier of await jobs.ofSeries(job.seriesInstanceUid)) {
    if (earlier.id === job.id || !UNDELIVERED.includes(earlier.state) || earlier.protocol !== protocol || !isDeepStrictEqual(earlier.destinations, released.destinations)) continue;
    try {
      await jobs.cancel(earlier.id, who, 'more images of the series came', job.id);
    } catch (error) {
      // It ended by itself meanwhile.
      if (!(error instanceof RondoError) || error.code !== 'job-transition') throw error;
    }
  }
  await queue.sendJob(released);
  return released;
}

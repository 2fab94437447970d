import type { Config } from '../config/index.ts';
import type { SeriesListing } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { CtSource, Job, JobQueue, JobStore } from '../jobs/index.ts';
import { ctIdentity } from './ctIdentity.ts';
import { checkChoice } from './destinations.ts';
import { checkSeriesLimit } from './seriesLimit.ts';

export interface JobRelease {
  config: Pick<Config, 'destinations' | 'limits'>;
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  /** What there is of a series, wherever it lies. */
  listSeries: (source: CtSource) => Promise<SeriesListing>;
}

/**
 * A waiting job whose series is whole can be worked on. One that would do what another does ends as its double. Of two that go to the same places, and of which no
 * structure set has left yet, the one of fewer images ends: more have come since.
 * @param choice destinations that a rule names; those that were asked for go before them
 * @returns the job, or the one in whose favour it ended
 * @throws RondoError `job-missing`, `job-state`, `job-purged`, `destination-unknown`, `series-limit`, and as `ctIdentity` and `listSeries` say
 */
export async function releaseJob({ config, jobs, queue, listSeries }: JobRelease, job: Job, choice: { protocol: string; destinations?: readonly string[] }, who: string, details: Readonly<Record<string, unknown>>): Promise<Job> {
  if (job.source === undefined) throw new RondoError('job-purged', `What the job ${job.id} was made of was deleted by the retention rules: send the images again.`);
  const { protocol } = choice;
  const destinations = job.destinations ?? choice.destinations;
  await checkChoice({ protocol, destinations }, config);
  const listing = await listSeries(job.source);
  checkSeriesLimit(job.seriesInstanceUid, listing.instanceUids.length, config);
  const identity = await ctIdentity(job.seriesInstanceUid, listing, protocol, destinations);
  const released = await jobs.release(job.id, { protocol, identity, destinations, instances: listing.instanceUids.length, details }, who);
  if (released.id === job.id) await queue.sendJob(released);
  return released;
}

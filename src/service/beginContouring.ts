import type { SeriesListing } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { Job, JobStore } from '../jobs/index.ts';
import { identityBy, type CurrentProtocol } from './ctIdentity.ts';

/**
 * Makes a job `contouring` whose images were fetched. While it waited, its protocol, a model or Rondo itself may have been replaced: its identity becomes that
 * of what contours it, lest a request for the former be answered with what the latter made. Where another job does the same by now, this one ends as its double.
 * @param images as they were listed when they were fetched
 * @returns whether it is to be contoured
 * @throws RondoError those of `JobStore.transition` and `JobStore.endAsDouble`
 */
export async function beginContouring(jobs: JobStore, job: Job, current: CurrentProtocol, images: SeriesListing, worker: string): Promise<boolean> {
  const identity = identityBy(current, job.seriesInstanceUid, images, job.destinations);
  // A job that was made workable has one.
  const change = job.identity === undefined || job.identity === identity ? {} : { identity, details: { reason: 'the protocol, a model, Rondo or the images were replaced since the job came' } };
  for (;;) {
    try {
      await jobs.transition(job.id, 'fetching', 'contouring', change, worker);
      return true;
    } catch (error) {
      if (!(error instanceof RondoError) || error.code !== 'job-duplicate') throw error;
    }
    // Where the other has ended this moment, nobody would contour the images.
    if ((await jobs.endAsDouble(job.id, identity, worker)) !== undefined) return false;
  }
}

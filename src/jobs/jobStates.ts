import { RondoError } from '../errors.ts';

/**
 * Every state of a job and what may follow it; anything absent is refused.
 *
 * `waiting`: for a person or for more images, with the reason · `received`: can be worked on · `fetching`, `contouring`: a worker holds its
 * lease · `delivering`: the structure set is made, and on its way · `delivered` · `corrected`: a person's version has come back · `approved`.
 */
export const JOB_TRANSITIONS = {
  waiting: ['received', 'failed', 'cancelled'],
  received: ['fetching', 'failed', 'cancelled'],
  fetching: ['contouring', 'received', 'failed', 'cancelled'],
  contouring: ['delivering', 'received', 'failed', 'cancelled'],
  delivering: ['delivered', 'failed', 'cancelled'],
  delivered: ['corrected', 'approved'],
  corrected: ['approved'],
  approved: [],
  // Anew, from where it was released or from before; or only its delivery.
  failed: ['received', 'waiting', 'delivering', 'cancelled'],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type JobState = keyof typeof JOB_TRANSITIONS;

export const JOB_STATES = Object.keys(JOB_TRANSITIONS) as JobState[];

/** States in which a worker holds a lease of the job. */
export const LEASED_STATES = ['fetching', 'contouring'] as const satisfies JobState[];

/** States in which nothing is left to do for Rondo. */
export const FINISHED_STATES = ['delivered', 'corrected', 'approved', 'failed', 'cancelled'] as const satisfies JobState[];

/** @throws RondoError `job-transition` unless the table has it */
export function checkTransition(from: JobState, to: JobState, jobId: string): void {
  const allowed: readonly JobState[] = JOB_TRANSITIONS[from];
  if (allowed.includes(to)) return;
  const followers = allowed.length === 0 ? 'nothing follows it' : `only ${allowed.join(', ')} may follow`;
  throw new RondoError('job-transition', `The job ${jobId} is ${from}: it cannot become ${to}; ${followers}.`);
}

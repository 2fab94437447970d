import { isTransient } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { Problem } from '../jobs/index.ts';

/** What a person does where it does not stand in the message already. */
const CURES = {
  anew: 'When it is mended, begin the job anew.',
  deliver: 'When it is mended, try the delivery again.',
  wait: 'It is tried again by itself.',
};
const UNEXPECTED = 'Look in the log of the service, under the id of the job; if it happens again, report it.';

/** An error as a job keeps it. What was not expected hides its details, which may name a patient; they are for the log. */
export function problemOf(error: unknown, cure: keyof typeof CURES = 'anew'): Problem {
  if (error instanceof RondoError) return { code: error.code, message: error.message, cure: CURES[cure] };
  return { code: 'unexpected', message: 'Something happened that was not expected.', cure: UNEXPECTED };
}

/** Failures that may pass by themselves, beside those of DICOMweb. What somebody refuses, a person must look at. */
const PASSING = new Set(['database-unreachable', 'disk-full', 'dimse-connection', 'dimse-timeout', 'dimse-busy', 'delivery-busy', 'delivery-folder', 'delivery-timeout', 'delivery-unverified', 'series-arriving']);

/** Whether what failed so is worth another try. */
export function mayPass(error: unknown): boolean {
  return isTransient(error) || (error instanceof RondoError && PASSING.has(error.code));
}

/** Of a job that was to be ended, and has ended by itself meanwhile. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof RondoError) || error.code !== 'job-transition') throw error;
}

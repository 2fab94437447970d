import { RondoError } from '../errors.ts';
import type { Problem } from '../jobs/index.ts';

/** Where the cure of an error is not in its message already. */
const ANEW = 'When it is mended, begin the job anew.';
const UNEXPECTED = 'Look in the log of the service, under the id of the job; if it happens again, report it.';

/** An error as a job keeps it. What was not expected hides its details, which may name a patient; they are for the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RondoError) return { code: error.code, message: error.message, cure: ANEW };
  return { code: 'unexpected', message: 'Something happened that was not expected.', cure: UNEXPECTED };
}

import { statfsSync } from 'node:fs';
import { isOutOfSpace, RondoError } from '../errors.ts';

/**
 * What is left free of the disk: the embedded database lies on it, and one that cannot write its log (64 MB at most) ends with the process.
 * Twice as much, for what arrives at the same moment.
 */
export const RESERVE_BYTES = 128 * 2 ** 20;

/** @throws RondoError `disk-full` where less than the reserve is free */
export function checkSpace(folder: string): void {
  // At once and not as the archive's `freeBytes`: what fetches tells of its progress and does not wait for an answer.
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < RESERVE_BYTES) throw diskFull();
}

/** A failure for want of space, however deep its cause lies, as RondoError `disk-full`; any other as it is. */
export function orDiskFull(error: unknown): unknown {
  return isOutOfSpace(error) ? diskFull(error) : error;
}

function diskFull(cause?: unknown): RondoError {
  return new RondoError('disk-full', 'The disk of the data folder is full: expected room for the images of the series and for the database. Free space there.', {}, { cause });
}

import type { Archive } from '../archive/index.ts';
import { readCtHeaders } from '../ct/index.ts';
import { text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Problem } from '../jobs/index.ts';
import { problemOf } from './problem.ts';

/** Of a job that was made before its images were there. */
const ABSENT: Problem = { code: 'series-absent', message: 'A job was made of this series, and none of its images has come.', cure: 'Send it again, or look at the folder from which it comes: the series is looked at again when an image arrives.' };

/** The headers of a series that is whole, or what keeps it from being contoured. */
export async function lookAt(archive: Archive, studyInstanceUid: string, seriesInstanceUid: string): Promise<{ headers: readonly Dataset[] } | { problem: Problem }> {
  if ((await archive.oneSeries(studyInstanceUid, seriesInstanceUid)) === undefined) return { problem: ABSENT };
  try {
    const { headers, grid } = await readCtHeaders(archive.folderOf(studyInstanceUid, seriesInstanceUid), { seriesInstanceUid });
    grid();
    return { headers };
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    return { problem: { ...problemOf(error), cure: 'Send what is missing: the series is looked at again when another image arrives.' } };
  }
}

/** Of a series in Rondo's own archive that somebody asks for. */
export function stillArriving(seriesInstanceUid: string): RondoError {
  return new RondoError('series-arriving', 'Images of the series are still arriving: a part of it would be contoured. Expected that nothing has come for "series.quietSeconds".', { uid: seriesInstanceUid });
}

/** Whether images say that they are all of one acquisition. A series may be part of an acquisition, or of several, each of which counts for itself. */
export function areOneAcquisition(headers: readonly Dataset[]): boolean {
  const numbersOf = new Set(headers.map((header) => text(header, 'AcquisitionNumber')));
  return numbersOf.size === 1 && headers.every((header) => Number(text(header, 'ImagesInAcquisition')) === headers.length);
}

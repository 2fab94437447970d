import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { CT_IMAGE_STORAGE, isUid, readDicom, RT_STRUCTURE_SET_STORAGE, text, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';

/** What an instance is told by. */
export interface InstanceHeader {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  /** Images in Acquisition (PS3.3 C.7.6.1): how many images resulted from the acquisition that this one is of; undefined where it does not say. */
  imagesInAcquisition: number | undefined;
}

/** What Rondo has a use for: taking anything else would be to swallow it. */
const ACCEPTED: readonly string[] = [CT_IMAGE_STORAGE, RT_STRUCTURE_SET_STORAGE];

/** @throws RondoError `instance-not-dicom`, `instance-class` */
export async function instanceHeader(file: string): Promise<InstanceHeader> {
  let dataset: Dataset;
  try {
    ({ dataset } = readDicom(await readFile(file)));
  } catch (cause) {
    if (!(cause instanceof RondoError)) throw cause;
    throw new RondoError('instance-not-dicom', `What was received is not a whole DICOM instance: ${cause.message}`, {}, { cause });
  }
  const uidOf = (keyword: string): string => {
    const uid = text(dataset, keyword);
    if (!isUid(uid)) throw new RondoError('instance-not-dicom', `What was received has no valid ${keyword} (PS3.5 9.1). Correct it at its source.`);
    return uid;
  };
  const sopClassUid = uidOf('SOPClassUID');
  if (!ACCEPTED.includes(sopClassUid)) throw new RondoError('instance-class', `What was received is of SOP class ${sopClassUid}. Rondo takes CT Image Storage and RT Structure Set Storage.`, { uid: text(dataset, 'SOPInstanceUID') });
  return {
    studyInstanceUid: uidOf('StudyInstanceUID'), seriesInstanceUid: uidOf('SeriesInstanceUID'), sopInstanceUid: uidOf('SOPInstanceUID'), sopClassUid,
    // Nothing rests on it: one that is no number is none.
    imagesInAcquisition: Number(text(dataset, 'ImagesInAcquisition')) || undefined,
  };
}

/** Whether two files hold the same instance; in two transfer syntaxes, whether they say the same but for how pixels are encoded. */
export async function sameInstance(file: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([readFile(file), readFile(other)]);
  if (one.equals(two)) return true;
  const [first, second] = [readDicom(one), readDicom(two)];
  if (!isDeepStrictEqual(first.dataset, second.dataset)) return false;
  if (first.transferSyntaxUid !== second.transferSyntaxUid) return true;
  const [data, otherData] = [dataSetOf(one), dataSetOf(two)];
  return data !== undefined && otherData !== undefined && data.equals(otherData);
}

const PREAMBLE_AND_PREFIX = 132;
/** (0002,0000) UL of four bytes: tag, VR, length, value. */
const GROUP_LENGTH = 12;

/** The data set behind the file meta information, which may differ: it names who sent. Undefined where it does not say how long it is (PS3.10 7.1). */
function dataSetOf(bytes: Buffer): Buffer | undefined {
  if (bytes.toString('latin1', PREAMBLE_AND_PREFIX - 4, PREAMBLE_AND_PREFIX) !== 'DICM' || bytes.readUInt32LE(PREAMBLE_AND_PREFIX) !== 0x00000002) return undefined;
  return bytes.subarray(PREAMBLE_AND_PREFIX + GROUP_LENGTH + bytes.readUInt32LE(PREAMBLE_AND_PREFIX + GROUP_LENGTH - 4));
}

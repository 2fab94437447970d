import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readDicom, text } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { cancelled, causeCode, cutAnswer } from './failures.ts';
import type { Answer, Connection } from './connection.ts';
import { ACCEPT_AS_STORED, instancesOf } from './multipart.ts';

/** Instances fetched at once where nothing else is asked for: enough to hide the network's delay, few enough for an archive in clinical use. */
const PARALLEL = 4;

export interface Retrieval {
  signal?: AbortSignal | undefined;
  /** After each instance that lies in the folder. */
  onProgress?: ((progress: { instances: number; of: number; bytes: number }) => void) | undefined;
  /** Instances fetched at once, 1 or more. */
  parallel?: number | undefined;
  /** Instances of a series that are fetched at most; of a longer one none is. Any number without it. */
  most?: number | undefined;
}

/** A series as an archive lists it. */
export interface SeriesListing {
  instanceUids: readonly string[];
  /** Patient ID, which an archive may correct and keep all UIDs; '' where it does not say. */
  patientId: string;
}

export interface RetrievedSeries extends SeriesListing {
  /** In the order of the list. */
  files: readonly string[];
}

export interface SeriesOfStudy {
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

/**
 * Fetches the instances of a series one by one into a folder, as `<SOP Instance UID>.dcm`: a file under such a name is whole, but where the power failed.
 * @param list what the archive has of the series, its UIDs checked; asked again at the end
 */
export async function retrieveInstances(connection: Connection, series: SeriesOfStudy, list: () => Promise<SeriesListing>, folder: string, { signal, onProgress, parallel = PARALLEL, most = Infinity }: Retrieval): Promise<RetrievedSeries> {
  const { instanceUids: uids, patientId } = await list();
  if (uids.length === 0) throw new RondoError('dicomweb-series-empty', 'The archive lists no instances of this series. Check its UIDs, and whether it has arrived in the archive.', { uid: series.seriesInstanceUid });
  if (uids.length > most) throw new RondoError('series-limit', `The archive lists ${uids.length} instances of this series, more than the ${most} that are fetched at most. Name a smaller series, or allow more in "limits.seriesInstances" of the configuration.`, { uid: series.seriesInstanceUid });
  await inFolder(mkdir(folder, { recursive: true }));

  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const waiting = uids.values();
  let [instances, bytes] = [0, 0];
  const fetchWaiting = async (): Promise<void> => {
    for (const uid of waiting) {
      const instance = await retrieveInstance(connection, series, uid, stop);
      await writeWhole(path.join(folder, fileName(uid)), instance, stop);
      bytes += instance.length;
      onProgress?.({ instances: ++instances, of: uids.length, bytes });
    }
  };
  // The first failure ends the others; none of them is left writing into the folder.
  await Promise.allSettled(Array.from({ length: Math.max(1, parallel) }, () => fetchWaiting().catch((error: unknown) => { if (!failed.signal.aborted) failed.abort(error); })));
  if (signal?.aborted === true) throw cancelled(signal.reason);
  if (failed.signal.aborted) throw failed.signal.reason;

  const after = await list();
  if (after.patientId !== patientId) throw new RondoError('dicomweb-changed', 'The archive lists the series under another Patient ID than before it was fetched. Fetch it again when its correction is done.', { uid: series.seriesInstanceUid });
  const now = new Set(after.instanceUids);
  if (now.size !== uids.length || uids.some((uid) => !now.has(uid))) {
    throw new RondoError('dicomweb-changed', `The series changed while it was fetched: the archive listed ${uids.length} instances before and lists ${now.size} now. Fetch it again when it has arrived whole.`, { uid: series.seriesInstanceUid });
  }
  return { instanceUids: uids, patientId, files: uids.map((uid) => path.join(folder, fileName(uid))) };
}

function fileName(sopInstanceUid: string): string {
  return `${sopInstanceUid}.dcm`;
}

async function retrieveInstance(connection: Connection, series: SeriesOfStudy, uid: string, signal: AbortSignal): Promise<Uint8Array> {
  const place = `studies/${series.studyInstanceUid}/series/${series.seriesInstanceUid}/instances/${uid}`;
  try {
    return await connection.get({ path: place, accept: ACCEPT_AS_STORED, statuses: [200], signal }, (answer) => checkedInstance(answer, series, uid));
  } catch (error) {
    if (!(error instanceof RondoError) || error.code !== 'dicomweb-not-found') throw error;
    throw new RondoError('dicomweb-missing', 'The archive lists an instance of this series and does not have it. Have the series sent to the archive again.', { uid }, { cause: error });
  }
}

/** The one instance of an answer, which is whole and the one asked for: another one would become a slice of this CT. */
function checkedInstance(answer: Answer, series: SeriesOfStudy, uid: string): Uint8Array {
  const parts = instancesOf(answer);
  if (parts.length === 0) throw new RondoError('dicomweb-missing', 'The archive lists an instance of this series, and answers without it. Have the series sent to the archive again.', { uid });
  if (parts.length > 1) throw new RondoError('dicomweb-doubled', `The archive answers with ${parts.length} instances where one was asked for. Expected each once: have the archive repaired.`, { uid });
  const { dataset } = readInstance(answer, parts[0], uid);
  const expected = { StudyInstanceUID: series.studyInstanceUid, SeriesInstanceUID: series.seriesInstanceUid, SOPInstanceUID: uid };
  for (const [keyword, value] of Object.entries(expected)) {
    if (text(dataset, keyword) !== value) throw new RondoError('dicomweb-foreign', `The archive answers with an instance of another ${keyword} than was asked for. Have the archive repaired: it lists instances under another series than they say.`, { uid });
  }
  return parts[0];
}

function readInstance(answer: Answer, bytes: Uint8Array, uid: string): ReturnType<typeof readDicom> {
  try {
    return readDicom(bytes);
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    if (error.code === 'dicom-truncated') throw cutAnswer(answer.asked, error);
    throw new RondoError(error.code, error.message, { uid }, { cause: error });
  }
}

/** The file stands under its name when it is whole, and never before; the name that it grows under is the same in every attempt, so none is left behind. */
async function writeWhole(file: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const growing = `${file}.part`;
  try {
    await writeFile(growing, bytes);
    signal.throwIfAborted();
    await rename(growing, file);
  } catch (error) {
    await rm(growing, { force: true });
    if (signal.aborted) throw cancelled(signal.reason);
    throw notWritten(error);
  }
}

async function inFolder(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => { throw notWritten(error); });
}

function notWritten(cause: unknown): RondoError {
  return new RondoError('dicomweb-folder', `A fetched instance could not be written (${causeCode(cause)}). Check that the folder may be written and has space.`, {}, { cause });
}

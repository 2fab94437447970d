import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { CT_IMAGE_STORAGE, looksLikeDicom, readDicom, text, type CtGrid, type Dataset, type DicomFile, type PlanningCt, type SkippedFile } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { Volume } from '../geometry/index.ts';
import { ctStack, type CtStack } from './ctGeometry.ts';
import { ctInstance, foundCtImage, type FoundCtImage } from './ctInstance.ts';
import { ctPixels } from './ctPixels.ts';

/** Multi-frame CT (PS3.6 table A-1), which holds a whole series in one object; planning systems export single frames. */
const ENHANCED_CT: Readonly<Record<string, string | undefined>> = {
  '1.2.840.10008.5.1.4.1.1.2.1': 'Enhanced CT Image Storage',
  '1.2.840.10008.5.1.4.1.1.2.2': 'Legacy Converted Enhanced CT Image Storage',
};

/** Enough of a file to tell whether it is DICOM: preamble, prefix and the first element. */
const HEAD_BYTES = 144;

const SOP_CLASS_UID = '00080016';
const LAST_META_TAG = '0002FFFF';

export interface CtReading {
  /** Which series, where the folder holds several. */
  seriesInstanceUid?: string;
  signal?: AbortSignal;
}

/**
 * Reads the planning CT in a folder, however it is nested and whatever else lies there: one series of CT Images, any
 * transfer syntax, ordered and placed by Image Position and Orientation (Patient) alone. What is not part of the series is
 * listed in `skipped` with the reason; a series that is incomplete or inconsistent is refused as a whole.
 *
 * @param folder path of the folder; file names in `skipped` are relative to it
 * @throws RondoError as `readCtGrid` does, the codes of `ctPixels`, and the signal's reason when aborted
 */
export async function readPlanningCt(folder: string, reading: CtReading = {}): Promise<PlanningCt> {
  const series = await readSeries(folder, reading);
  const stack = stackOf(series);
  return { ...gridOf(series, stack), volume: new Volume(stack.geometry, await ctPixels(stack, reading.signal)) };
}

/**
 * The same but for the voxels, which are not decoded: for what contours and masks are placed on, in a third of the time.
 * @throws RondoError `ct-folder`, `file-unreadable`, `ct-none`, `ct-enhanced`, `ct-several-series`, `ct-series-absent`,
 * `ct-duplicate-instance`, the codes of `readDicom`, `ctInstance` and `ctStack`; the signal's reason when aborted
 */
export async function readCtGrid(folder: string, reading: CtReading = {}): Promise<CtGrid> {
  return (await readCtHeaders(folder, reading)).grid();
}

/** The slices of one CT series as data sets, without their pixels. */
export interface CtHeaders {
  seriesInstanceUid: string;
  /** One for each slice, in no order. */
  headers: readonly Dataset[];
  skipped: readonly SkippedFile[];
  /** What `readCtGrid` gives, without reading the files again. @throws RondoError the codes of `ctInstance` and `ctStack` */
  grid: () => CtGrid;
}

/**
 * The data sets of the CT in a folder, whether or not its slices make a volume: for what is decided by a CT's attributes.
 * @throws RondoError those of `readCtGrid` but for the codes of `ctInstance` and `ctStack`
 */
export async function readCtHeaders(folder: string, reading: CtReading = {}): Promise<CtHeaders> {
  const series = await readSeries(folder, reading);
  return {
    seriesInstanceUid: series.seriesInstanceUid,
    headers: series.images.map(({ contents }) => contents.dataset),
    skipped: series.skipped,
    grid: () => gridOf(series, stackOf(series)),
  };
}

/** The images of one series, each once. */
interface FoundSeries {
  seriesInstanceUid: string;
  images: readonly FoundCtImage[];
  skipped: readonly SkippedFile[];
}

async function readSeries(folder: string, { seriesInstanceUid: wanted, signal }: CtReading): Promise<FoundSeries> {
  const found = await contentsOf(folder, signal);
  const seriesInstanceUid = chosenSeries(found, wanted);
  return { seriesInstanceUid, images: instancesOf(seriesInstanceUid, found), skipped: found.skipped };
}

function stackOf({ images, seriesInstanceUid }: FoundSeries): CtStack {
  return ctStack(images.map(ctInstance), seriesInstanceUid);
}

function gridOf({ seriesInstanceUid, skipped }: FoundSeries, { geometry, instances }: CtStack): CtGrid {
  const [{ patientPosition, attributes }] = instances;
  return {
    volume: { geometry },
    slices: instances.map(({ sopInstanceUid, imagePositionMm }) => ({ sopInstanceUid, imagePositionMm })),
    seriesInstanceUid,
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition,
    attributes,
    skipped,
  };
}

/** What lies in the folder, sorted as its files are looked at. */
class FolderContents {
  /** As the user gave it. */
  readonly folder: string;
  readonly root: string;
  readonly images: FoundCtImage[] = [];
  readonly enhanced: string[] = [];
  readonly skipped: SkippedFile[] = [];

  constructor(folder: string) {
    this.folder = folder;
    this.root = resolve(folder);
  }

  skip(file: string, reason: string): void {
    this.skipped.push({ file: relative(this.root, file), reason });
  }
}

async function contentsOf(folder: string, signal: AbortSignal | undefined): Promise<FolderContents> {
  const found = new FolderContents(folder);
  for (const file of await filesOf(found)) {
    signal?.throwIfAborted();
    await sortIn(file, found);
  }
  return found;
}

/** All regular files under the folder, in a fixed order. */
async function filesOf(found: FolderContents): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(found.root, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new RondoError('ct-folder', 'The folder cannot be read. Give an existing folder that may be read.', { file: found.folder }, { cause: error });
  }
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    // Linked folders are not entered: a link may lead in a circle or out of the folder.
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) files.push(path);
    else if (!entry.isDirectory()) found.skip(path, 'neither a file nor a folder');
  }
  return files.sort();
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // A link to nothing.
    return false;
  }
}

/** Looks at one file: a CT image is kept, everything else is noted with the reason. */
async function sortIn(file: string, found: FolderContents): Promise<void> {
  const bytes = await dicomBytes(file);
  if (!bytes) {
    found.skip(file, 'not a DICOM file');
    return;
  }
  const contents = readOrSkip(bytes, file, found);
  if (!contents) return;
  const sopClassUid = sopClass(contents);
  if (sopClassUid === CT_IMAGE_STORAGE) {
    const image = foundCtImage(file, createHash('sha256').update(bytes).digest('hex'), contents);
    if (image.isLocalizer) found.skip(file, 'a localizer image, not part of the volume');
    else found.images.push(image);
    return;
  }
  if (sopClassUid === '' && contents.pixelData) {
    throw new RondoError('dicom-malformed', 'A DICOM image has no SOP Class UID; it might be a slice. Export it again or remove it.', { file });
  }
  if (ENHANCED_CT[sopClassUid]) found.enhanced.push(file);
  found.skip(file, description(sopClassUid));
}

/** The whole file when it starts like DICOM, else undefined. */
async function dicomBytes(file: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(file);
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return looksLikeDicom(head.subarray(0, bytesRead)) ? await handle.readFile() : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new RondoError('file-unreadable', 'A file cannot be read; it might be a slice. Allow reading it or remove it.', { file }, { cause: error });
  }
}

/** The file's contents; undefined when it cannot be read but tells, at its start, that it is no CT image. A broken file that may be a slice is an error. */
function readOrSkip(bytes: Uint8Array, file: string, found: FolderContents): DicomFile | undefined {
  try {
    return readDicom(bytes, { file });
  } catch (error) {
    const sopClassUid = sopClassOfBroken(bytes);
    if (sopClassUid === '' || sopClassUid === CT_IMAGE_STORAGE) throw error;
    found.skip(file, `${description(sopClassUid)}, which cannot be read whole`);
    return undefined;
  }
}

function sopClassOfBroken(bytes: Uint8Array): string {
  for (const until of [SOP_CLASS_UID, LAST_META_TAG]) {
    try {
      return sopClass(readDicom(bytes, { until }));
    } catch (error) {
      // Broken before that tag: file meta information may still tell.
      if (!(error instanceof RondoError)) throw error;
    }
  }
  return '';
}

function sopClass({ dataset, meta }: DicomFile): string {
  return text(dataset, 'SOPClassUID') || text(meta, 'MediaStorageSOPClassUID');
}

function description(sopClassUid: string): string {
  if (sopClassUid === '') return 'a DICOM object without SOP class and pixels';
  return ENHANCED_CT[sopClassUid] ?? `a DICOM object of another kind (SOP class ${sopClassUid})`;
}

/** @throws RondoError `ct-none`, `ct-enhanced`, `ct-several-series`, `ct-series-absent` */
function chosenSeries({ images, enhanced, folder }: FolderContents, wanted: string | undefined): string {
  const series = new Map<string, { seriesNumber: string; count: number }>();
  for (const { seriesInstanceUid, seriesNumber } of images) {
    series.set(seriesInstanceUid, { seriesNumber, count: (series.get(seriesInstanceUid)?.count ?? 0) + 1 });
  }
  const list = Array.from(series, ([uid, { seriesNumber, count }]) => `${uid} (series number ${seriesNumber || 'absent'}, ${count} images)`).join('; ');
  const [only, ...others] = series.keys();
  if (wanted !== undefined) {
    if (series.has(wanted)) return wanted;
    throw new RondoError('ct-series-absent', `The folder holds no CT images of the chosen series. It holds: ${list || 'no CT images'}.`, { file: folder, uid: wanted });
  }
  if (series.size === 0 && enhanced.length > 0) {
    throw new RondoError('ct-enhanced', 'The folder holds multi-frame (Enhanced) CT, which Rondo does not read. Export the series as single-frame CT images.', { file: enhanced[0] });
  }
  if (series.size === 0) throw new RondoError('ct-none', 'The folder holds no CT images. Give the folder of one planning CT.', { file: folder });
  if (others.length > 0) throw new RondoError('ct-several-series', `The folder holds ${series.size} CT series; choose one by its Series Instance UID: ${list}.`, { file: folder });
  return only;
}

/**
 * The images of the chosen series, each once: a byte-identical copy of an instance is passed over.
 * @throws RondoError `ct-duplicate-instance` when two files of one instance differ
 */
function instancesOf(seriesInstanceUid: string, found: FolderContents): FoundCtImage[] {
  const instances = new Map<string, FoundCtImage>();
  for (const image of found.images) {
    const { file, sopInstanceUid, sha256 } = image;
    const earlier = instances.get(sopInstanceUid);
    if (image.seriesInstanceUid !== seriesInstanceUid) found.skip(file, 'a CT image of another series');
    else if (!earlier) instances.set(sopInstanceUid, image);
    else if (earlier.sha256 === sha256) found.skip(file, 'a copy of another file');
    else throw new RondoError('ct-duplicate-instance', 'Two different files hold the same CT image. Keep the right one.', { file, uid: sopInstanceUid });
  }
  return [...instances.values()];
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isUid, readDicom, text } from '../dicom/index.ts';
import { isOutOfSpace, RondoError } from '../errors.ts';
import { freeBytes } from './freeSpace.ts';
import { instanceHeader, sameInstance, type InstanceHeader } from './instanceHeader.ts';

/** An instance as the archive holds it. */
export interface ArchivedInstance {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  file: string;
}

/** A series as the archive holds it. */
export interface ArchivedSeries {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  instances: number;
  /** When the last instance arrived. */
  changedAt: Date;
}

export interface Added extends ArchivedInstance, InstanceHeader {
  /** False where the archive held the same instance already. */
  isNew: boolean;
}

const ENDING = '.dcm';
const INCOMING = 'incoming';
const INSTANCES = 'instances';

/**
 * Instances on disk, as they were received: `instances/<study>/<series>/<SOP instance>.dcm`, Part 10. The disk is the truth:
 * what stands under its name is whole and on the disk, whatever ended the process; what was still arriving lies in `incoming` and is
 * gone when the archive is opened again, since its sender was never told that it had been taken.
 */
export class Archive {
  /** Where files are written while they arrive, before `add` takes them over. */
  readonly incoming: string;
  readonly #instances: string;
  readonly #reserveBytes: number;

  private constructor(folder: string, reserveBytes: number) {
    this.#reserveBytes = reserveBytes;
    this.incoming = path.join(folder, INCOMING);
    this.#instances = path.join(folder, INSTANCES);
  }

  /**
   * @param folder made where it is missing; no other process may have it open
   * @param reserveBytes what is left free of its disk, for what else lies there
   * @throws RondoError `archive-folder`
   */
  static async open(folder: string, reserveBytes = 0): Promise<Archive> {
    const archive = new Archive(folder, reserveBytes);
    try {
      await rm(archive.incoming, { recursive: true, force: true });
      for (const each of [archive.incoming, archive.#instances]) await mkdir(each, { recursive: true });
    } catch (cause) {
      throw new RondoError('archive-folder', 'The folder of received instances cannot be used. Give a folder that may be written, in "folder" of the configuration.', { file: folder }, { cause });
    }
    return archive;
  }

  /**
   * @param share of the reserve that has to be free, 0 to 1: what only passes through may use the rest of it
   * @throws RondoError `archive-full`
   */
  async checkSpace(share = 1): Promise<void> {
    if ((await freeBytes(this.incoming)) < share * this.#reserveBytes) throw full();
  }

  /**
   * Takes a file over into the archive, on the disk before it returns; whatever happens, the file is gone from where it was. An instance
   * received before is not stored again.
   * @param file a whole Part 10 file in `incoming`
   * @param isOnDisk whether whoever wrote it has waited for the disk: else it is waited for here
   * @throws RondoError `instance-not-dicom`, `instance-class`, `instance-differs` for another instance under a UID received before, `archive-full`
   */
  async add(file: string, { isOnDisk = false } = {}): Promise<Added> {
    let header: InstanceHeader | undefined;
    try {
      header = await instanceHeader(file);
      await this.checkSpace();
      const target = this.#fileOf(header);
      if (!isOnDisk) await flush(file);
      const isNew = await this.#place(file, target);
      if (!isNew && !(await sameInstance(file, target))) {
        throw new RondoError('instance-differs', 'Another instance was received under this SOP Instance UID before. Expected the same one: the first is kept. Give the changed one a UID of its own, or remove the first.', { uid: header.sopInstanceUid });
      }
      return { ...header, file: target, isNew };
    } catch (error) {
      throw isFull(error) ? full(error, header?.sopInstanceUid) : error;
    } finally {
      await rm(file, { force: true });
    }
  }

  /** The same for bytes. */
  async addBytes(bytes: Uint8Array): Promise<Added> {
    const file = path.join(this.incoming, randomUUID());
    try {
      const handle = await open(file, 'wx');
      try {
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(file, { force: true });
      throw isFull(error) ? full(error) : error;
    }
    return await this.add(file);
  }

  /** All series, or those of a study, in the order of their UIDs. */
  async series(study?: string): Promise<ArchivedSeries[]> {
    const found: (ArchivedSeries | undefined)[] = [];
    for (const studyInstanceUid of (study === undefined ? await namesIn(this.#instances) : [study]).filter(isUid)) {
      for (const seriesInstanceUid of await namesIn(path.join(this.#instances, studyInstanceUid))) found.push(await this.oneSeries(studyInstanceUid, seriesInstanceUid));
    }
    return found.filter((one) => one !== undefined);
  }

  /** One series; undefined where the archive does not hold it. */
  async oneSeries(studyInstanceUid: string, seriesInstanceUid: string): Promise<ArchivedSeries | undefined> {
    const { length } = await this.instances(studyInstanceUid, seriesInstanceUid);
    if (length === 0) return undefined;
    const changed = await stat(this.folderOf(studyInstanceUid, seriesInstanceUid)).catch(unlessGone);
    return changed && { studyInstanceUid, seriesInstanceUid, instances: length, changedAt: changed.mtime };
  }

  /** The instances of a series, in the order of their UIDs; none where the archive does not hold it. */
  async instances(studyInstanceUid: string, seriesInstanceUid: string): Promise<ArchivedInstance[]> {
    if (!isUid(studyInstanceUid) || !isUid(seriesInstanceUid)) return [];
    const folder = this.folderOf(studyInstanceUid, seriesInstanceUid);
    const names = (await namesIn(folder)).filter((name) => name.endsWith(ENDING)).sort();
    return names.map((name) => ({ studyInstanceUid, seriesInstanceUid, sopInstanceUid: path.basename(name, ENDING), file: path.join(folder, name) }));
  }

  /** One instance; undefined where the archive does not hold it. */
  async instance(studyInstanceUid: string, seriesInstanceUid: string, sopInstanceUid: string): Promise<ArchivedInstance | undefined> {
    const instance = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
    if (!Object.values(instance).every(isUid)) return undefined;
    const file = this.#fileOf(instance);
    return await stat(file).then(() => ({ ...instance, file }), () => undefined);
  }

  /** SOP Class UID of a series, by its first instance; undefined where the archive does not hold it. */
  async sopClassOf(studyInstanceUid: string, seriesInstanceUid: string): Promise<string | undefined> {
    const [first] = (await this.instances(studyInstanceUid, seriesInstanceUid)) as [ArchivedInstance?];
    return first && text(readDicom(await readFile(first.file), { until: '00080016' }).dataset, 'SOPClassUID');
  }

  /** Removes the instances of a series, and its folders where nothing is left in them; removing what is not there changes nothing. What arrives meanwhile may stay. */
  async remove(studyInstanceUid: string, seriesInstanceUid: string): Promise<void> {
    for (const { file } of await this.instances(studyInstanceUid, seriesInstanceUid)) await rm(file, { force: true });
    if (!isUid(studyInstanceUid) || !isUid(seriesInstanceUid)) return;
    const folder = this.folderOf(studyInstanceUid, seriesInstanceUid);
    // Only where they are empty, which the system knows better than who has just looked.
    for (const each of [folder, path.dirname(folder)]) await rmdir(each).catch(unlessUsed);
  }

  /** Where the files of a series lie, whether or not there are any. UIDs are checked by whoever asks. */
  folderOf(study: string, series: string): string {
    return path.join(this.#instances, study, series);
  }

  #fileOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: Omit<ArchivedInstance, 'file'>): string {
    return path.join(this.folderOf(studyInstanceUid, seriesInstanceUid), sopInstanceUid + ENDING);
  }

  /** Puts the file under its name, where none stands yet; the name is on the disk when this returns. @returns whether none stood there */
  async #place(file: string, target: string): Promise<boolean> {
    const folder = path.dirname(target);
    for (;;) {
      try {
        // A link and not a rename: of two that arrive at once the second must not replace the first.
        const isNew = await link(file, target).then(() => true, unlessThere);
        // Whoever put it there this moment may still be waiting for the disk.
        await flush(folder);
        return isNew;
      } catch (error) {
        // The first of its series, or the series was removed this moment.
        if (codeOf(error) !== 'ENOENT' || !(await stat(file).then(() => true, () => false))) throw error;
        await this.#makeFolder(folder);
      }
    }
  }

  /** The folder of a series, on the disk when this returns. It may be removed this moment. */
  async #makeFolder(folder: string): Promise<void> {
    try {
      await mkdir(folder, { recursive: true });
      for (const above of [path.dirname(folder), this.#instances]) await flush(above);
    } catch (error) {
      unlessGone(error);
    }
  }
}

/** Brings what was written to the disk. */
async function flush(fileOrFolder: string): Promise<void> {
  const handle = await open(fileOrFolder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function unlessUsed(error: unknown): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(String(codeOf(error)))) throw error;
}

/** @returns false, for what was not put there */
function unlessThere(error: unknown): false {
  if (codeOf(error) !== 'EEXIST') throw error;
  return false;
}

function full(cause?: unknown, uid?: string): RondoError {
  return new RondoError('archive-full', 'There is no space left for received instances. Nothing was taken. Free space and send again.', { uid }, { cause });
}

function isFull(error: unknown): boolean {
  return isOutOfSpace(error) || codeOf(error) === 'archive-full';
}

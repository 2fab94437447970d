import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../archive/index.ts';
import type { Arrival } from '../config/index.ts';
import { CT_IMAGE_STORAGE, isUid, looksLikeDicom, readDicom, text } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { TakenFiles } from '../jobs/index.ts';
import { filesBelow, systemCode, type FileBelow } from './filesBelow.ts';
import type { Intake } from './intake.ts';
import type { Watched, WatchLog } from './watch.ts';

export interface FolderWatchOptions {
  folder: string;
  /** Of a file; a larger one is left alone. */
  mostBytes: number;
  /** How long nothing must have changed beside a file before it is taken. */
  quietMs: number;
  /** How long what changes without end is waited for. */
  giveUpMs: number;
  archive: Pick<Archive, 'addBytes' | 'instance'>;
  intake: Pick<Intake, 'expected' | 'received'>;
  taken: TakenFiles;
  /** An instance was taken for the first time. */
  onNew: () => void;
  log: WatchLog;
  /** Milliseconds that pass, for tests. */
  clock?: () => number;
}

/** NFS says what it last knew of a file for 3 seconds (nfs(5), acregmin): two looks must not get the same answer. */
const PAUSE_MS = 4_000;
/** Pauses for each look at a large folder: its share has others to serve. */
const PAUSES_PER_LOOK = 9;

/** Files taken between two notes of it. One that was not noted is taken again, which the archive sees. */
const NOTE_EVERY = 200;
/** A file that is away for so long is forgotten; a share may be away for days. */
const FORGET_AFTER_DAYS = 30;
const FORGET_EVERY_MS = 24 * 60 * 60 * 1000;

/** What is known of a file while it has this size and this time. */
interface KnownFile {
  size: number;
  mtimeMs: number;
  state: 'seen' | 'taken' | 'left';
  /** When it was first seen so, by the clock. */
  sinceMs: number;
}

/** Why a file is left alone, as the log has it, beside the codes of `Archive.addBytes`. */
const [NO_CT, NOT_DICOM, TOO_LARGE] = ['no CT image', 'not DICOM', 'larger than limits.instanceMb'];
/** Nobody expects anything of these. */
const USUAL = [NO_CT, NOT_DICOM];

/**
 * Takes the CT images of a folder as if they had been sent. Events of file systems get lost on network shares: the folder is looked at, and a file
 * is taken when nothing has changed for `quietMs` in the subfolder of the first level that it lies in, or beside those: the slices of a CT are
 * taken together however slowly they come. Files stay as they are; those that are no CT are left alone.
 */
export class FolderWatch implements Watched {
  readonly kind = 'folder';
  readonly #options: FolderWatchOptions;
  readonly #clock: () => number;
  /** By path. */
  readonly #files = new Map<string, KnownFile>();
  /** When something was last seen to change, by subfolder. */
  readonly #changedMs = new Map<string, number>();
  /** Hashes of files that were taken, also before the process last ended. */
  #taken: Set<string> | undefined;
  /** Those of them that the database does not know yet. */
  #unnoted: string[] = [];
  #forgotAtMs = -Infinity;
  #listingMs = 0;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  get name(): string {
    return this.#options.folder;
  }

  pauseMs(): number {
    return Math.max(PAUSE_MS, this.#listingMs * PAUSES_PER_LOOK);
  }

  /** @throws RondoError `watch-folder`; `watch-files` for what is in it and cannot be read; and what keeps instances from being taken */
  async look(signal: AbortSignal, alive: () => void): Promise<void> {
    const { folder, taken } = this.#options;
    this.#taken ??= await taken.all(folder);
    const unreadable: string[] = [];
    const onUnreadable = (code: string): void => { unreadable.push(code); };
    const begunMs = this.#clock();
    const found = await filesBelow(folder, signal, alive, onUnreadable);
    this.#listingMs = this.#clock() - begunMs;
    this.#compare(found, this.#taken);
    const left = new Map<string, number>();
    try {
      for (const file of found.filter((one) => this.#isQuiet(one, begunMs))) {
        signal.throwIfAborted();
        const reason = await this.#take(file, this.#taken, onUnreadable);
        if (reason !== undefined) left.set(reason, (left.get(reason) ?? 0) + 1);
        alive();
      }
    } finally {
      this.#sayLeft(left);
      await this.#note();
    }
    if (unreadable.length > 0) throw new RondoError('watch-files', `${unreadable.length} files or folders in the watched folder cannot be read (${[...new Set(unreadable)].join(', ')}). They are tried again: look at their rights, and at the share.`);
    await this.#forget(found, this.#taken);
  }

  /** Notes what is new or another than at the last look, and what is gone. */
  #compare(found: readonly FileBelow[], taken: ReadonlySet<string>): void {
    const nowMs = this.#clock();
    const there = new Set(found.map((file) => file.path));
    for (const known of this.#files.keys()) if (!there.has(known)) this.#files.delete(known);
    const subfolders = new Set(found.map(subfolderOf));
    for (const known of this.#changedMs.keys()) if (!subfolders.has(known)) this.#changedMs.delete(known);
    for (const file of found) {
      const { size, mtimeMs } = file;
      const known = this.#files.get(file.path);
      if (known?.size === size && known.mtimeMs === mtimeMs) continue;
      const state = taken.has(hashOf(file)) ? 'taken' : 'seen';
      this.#files.set(file.path, { size, mtimeMs, state, sinceMs: nowMs });
      if (state === 'seen') this.#changedMs.set(subfolderOf(file), nowMs);
    }
  }

  /** Whether a file that nothing became of yet has been left in peace, and all beside it. */
  #isQuiet(file: FileBelow, begunMs: number): boolean {
    const { quietMs, giveUpMs } = this.#options;
    const known = this.#files.get(file.path);
    if (known?.state !== 'seen' || known.sinceMs > begunMs) return false;
    return begunMs - (this.#changedMs.get(subfolderOf(file)) ?? 0) >= quietMs || begunMs - known.sinceMs >= giveUpMs;
  }

  /** @returns why the file is left alone; undefined where it was taken, or is to be tried again */
  async #take(file: FileBelow, taken: Set<string>, onUnreadable: (code: string) => void): Promise<string | undefined> {
    const known = this.#files.get(file.path);
    if (known === undefined) return undefined;
    const left = (reason: string): string => {
      known.state = 'left';
      return reason;
    };
    if (file.size > this.#options.mostBytes) return left(TOO_LARGE);
    const bytes = await unchangedBytes(path.join(this.#options.folder, file.path), file, onUnreadable);
    if (bytes === undefined) return undefined;
    if (!looksLikeDicom(bytes)) return left(NOT_DICOM);
    try {
      if (!(await this.#receive(bytes))) return left(NO_CT);
    } catch (error) {
      if (error instanceof RondoError && /^(dicom|instance)-/.test(error.code)) return left(error.code);
      throw error;
    }
    known.state = 'taken';
    const hash = hashOf(file);
    taken.add(hash);
    this.#unnoted.push(hash);
    if (this.#unnoted.length >= NOTE_EVERY) await this.#note();
    return undefined;
  }

  /** @returns whether it is a CT image, which lies in the archive then and has a job @throws RondoError those of `readDicom` and `Archive.addBytes` */
  async #receive(bytes: Uint8Array): Promise<boolean> {
    const { folder, archive, intake, onNew } = this.#options;
    if (text(readDicom(bytes, { until: '00080016' }).dataset, 'SOPClassUID') !== CT_IMAGE_STORAGE) return false;
    const { dataset } = readDicom(bytes);
    const [studyInstanceUid, seriesInstanceUid, sopInstanceUid] = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'].map((keyword) => text(dataset, keyword));
    const isNew = (await archive.instance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)) === undefined;
    const instance = { sopClassUid: CT_IMAGE_STORAGE, studyInstanceUid, seriesInstanceUid, sopInstanceUid, imagesInAcquisition: undefined, isNew };
    const arrival: Arrival = { origin: 'folder', folder };
    // Before it lies in the archive: found there without a job after a crash, nobody would know that it came from this folder.
    if (isNew && [studyInstanceUid, seriesInstanceUid, sopInstanceUid].every(isUid)) await intake.expected(instance, arrival);
    await archive.addBytes(bytes);
    await intake.received(instance, arrival);
    if (isNew) onNew();
    return true;
  }

  /** Without names, which often are patients'. */
  #sayLeft(left: ReadonlyMap<string, number>): void {
    if (left.size === 0) return;
    const { folder, log } = this.#options;
    const isUsual = [...left.keys()].every((reason) => USUAL.includes(reason));
    log[isUsual ? 'info' : 'warn']({ folder, files: Object.fromEntries(left) }, 'files of a watched folder are left alone');
  }

  async #note(): Promise<void> {
    if (this.#unnoted.length === 0) return;
    await this.#options.taken.add(this.#options.folder, this.#unnoted);
    this.#unnoted = [];
  }

  /** Forgets what was taken long ago and is not there any more; not when nothing is there, as where a share is not mounted. */
  async #forget(found: readonly FileBelow[], taken: Set<string>): Promise<void> {
    if (found.length === 0 || this.#clock() - this.#forgotAtMs < FORGET_EVERY_MS) return;
    const there = new Set(found.map(hashOf));
    const gone = [...taken].filter((hash) => !there.has(hash));
    for (const hash of await this.#options.taken.forget(this.#options.folder, gone, FORGET_AFTER_DAYS)) taken.delete(hash);
    this.#forgotAtMs = this.#clock();
  }
}

/** The bytes of a file, unless it is not what it was when it was looked at. */
async function unchangedBytes(file: string, { size, mtimeMs }: FileBelow, onUnreadable: (code: string) => void): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const isSame = async (): Promise<boolean> => {
        const now = await handle.stat();
        return now.size === size && now.mtimeMs === mtimeMs;
      };
      if (!(await isSame())) return undefined;
      const bytes = await handle.readFile();
      return bytes.length === size && (await isSame()) ? bytes : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT') onUnreadable(code);
    return undefined;
  }
}

/** The subfolder of the first level that a file lies in; '' beside those. */
function subfolderOf({ path: below }: FileBelow): string {
  return below.includes(path.sep) ? below.slice(0, below.indexOf(path.sep)) : '';
}

/** Tells a file from every other that appears in its place. */
function hashOf({ path: below, size, mtimeMs }: FileBelow): string {
  return createHash('sha256').update(JSON.stringify([below, size, mtimeMs])).digest('base64url');
}

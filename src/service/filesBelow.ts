import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { RondoError } from '../errors.ts';

export interface FileBelow {
  /** Relative to the folder. */
  path: string;
  size: number;
  mtimeMs: number;
}

/** Files asked for at once: on a network share each answer takes its time. */
const PARALLEL = 32;

/** Names of files that are still being written, by the habits of browsers, file transfer and synchronisation; hidden ones among them. */
const UNFINISHED = /^\.|\.(part|partial|filepart|tmp|temp|crdownload|download)$|~$/i;

/**
 * All files in a folder and its subfolders, but for unfinished and hidden ones and symbolic links, which may lead anywhere.
 * @param onUnreadable told the system's code of each subfolder or file that could not be asked for
 * @throws RondoError `watch-folder` where the folder itself cannot be read; the reason of the signal
 */
export async function filesBelow(folder: string, signal: AbortSignal, alive: () => void, onUnreadable: (code: string) => void): Promise<FileBelow[]> {
  const files: FileBelow[] = [];
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    signal.throwIfAborted();
    const entries = await entriesOf(folder, below, onUnreadable);
    alive();
    const named = entries.filter(({ name }) => !UNFINISHED.test(name));
    for (const entry of named) if (entry.isDirectory()) waiting.push(path.join(below, entry.name));
    const plain = named.filter((entry) => entry.isFile()).map(({ name }) => path.join(below, name));
    for (let first = 0; first < plain.length; first += PARALLEL) {
      const asked = await Promise.all(plain.slice(first, first + PARALLEL).map(async (one) => ({ one, stats: await statsOf(path.join(folder, one), onUnreadable) })));
      alive();
      for (const { one, stats } of asked) if (stats?.isFile() === true) files.push({ path: one, size: stats.size, mtimeMs: stats.mtimeMs });
    }
  }
  return files;
}

async function entriesOf(folder: string, below: string, onUnreadable: (code: string) => void): Promise<Dirent[]> {
  try {
    return await readdir(path.join(folder, below), { withFileTypes: true });
  } catch (error) {
    const code = systemCode(error);
    if (below === '') throw new RondoError('watch-folder', `The watched folder cannot be read (${code}). Expected a folder that Rondo may read: look whether its share is mounted, and at its rights.`, {}, { cause: error });
    if (code !== 'ENOENT') onUnreadable(code);
    return [];
  }
}

async function statsOf(file: string, onUnreadable: (code: string) => void): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    // Gone between the two questions.
    if (systemCode(error) !== 'ENOENT') onUnreadable(systemCode(error));
    return undefined;
  }
}

/** The system's code of an error of a file system; thrown on where it is none of these. */
export function systemCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code;
  throw error;
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk of a test's own, in memory. */
export interface SmallDisk {
  folder: string;
  /** Takes space until only so many bytes are free; what it took before counts as free. */
  leave: (freeBytes: number) => Promise<void>;
  remove: () => Promise<void>;
}

/** @returns undefined where this machine does not let us mount one: it takes root */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'rondo-test', folder]);
  } catch {
    await rmdir(folder);
    return undefined;
  }
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    async leave(freeBytes) {
      await rm(ballast, { force: true });
      const { bavail, bsize } = await statfs(folder);
      const bytes = bavail * bsize - freeBytes;
      if (bytes > 0) await run('fallocate', ['-l', String(bytes), ballast]);
    },
    async remove() {
      // Lazily: an embedded database that was stopped by a disk without space leaves files open.
      await run('umount', ['--lazy', folder]);
      await rmdir(folder);
    },
  };
}

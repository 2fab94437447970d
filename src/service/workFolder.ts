import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

const REMOVED = 'removed-';

/**
 * A folder of this process for images that are being contoured, not yet made. Those of processes of this machine that have ended are removed: a worker
 * that was killed leaves a patient's images behind. The process id alone would not do: in containers it is always the same, and several machines may share a data
 * folder. Whatever stands under this process's own name an earlier one of the same id has left.
 * @param dataFolder of the configuration
 */
export async function workFolder(dataFolder: string): Promise<string> {
  const folder = path.join(dataFolder, 'work');
  const own = `${hostname()}-`;
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(REMOVED)) await rm(path.join(folder, name), { recursive: true, force: true });
    else if (name.startsWith(own) && hasEnded(name.slice(own.length))) await remove(folder, name);
  }
  return path.join(folder, `${own}${process.pid}`);
}

/** All at once: two containers of one name would take each other for dead, and a series whose slices vanish one by one might be contoured for a shorter one. */
async function remove(folder: string, name: string): Promise<void> {
  const removed = path.join(folder, REMOVED + randomUUID());
  try {
    await rename(path.join(folder, name), removed);
  } catch (error) {
    // Another process that starts removes it.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(removed, { recursive: true, force: true });
}

/** Whether what stands behind the name of the machine is the id of a process that is none, or this one. */
function hasEnded(id: string): boolean {
  if (!/^\d+$/.test(id)) return false;
  if (Number(id) === process.pid) return true;
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    // One that runs as another user may not be asked.
    return codeOf(error) !== 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

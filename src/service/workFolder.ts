import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * A folder of this process for images that are being contoured. Those of processes of this machine that have ended are removed: a worker that
 * was killed leaves a patient's images behind.
 * @param dataFolder of the configuration
 */
export async function workFolder(dataFolder: string): Promise<string> {
  const folder = path.join(dataFolder, 'work');
  for (const name of await readdir(folder).catch(() => [])) {
    if (name !== String(process.pid) && !isRunning(Number(name))) await rm(path.join(folder, name), { recursive: true, force: true });
  }
  return path.join(folder, String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs as another user.
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}

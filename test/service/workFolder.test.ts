import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { workFolder } from '../../src/service/index.ts';

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? NaN;
}

describe('the folder for images that are being contoured', () => {
  let data: string;

  beforeEach(async () => { data = await mkdtemp(path.join(tmpdir(), 'rondo-work-')); });
  afterEach(async () => { await rm(data, { recursive: true, force: true }); });

  /** As a process leaves it that was killed while it contoured. */
  const leave = async (name: string): Promise<void> => {
    const ct = path.join(data, 'work', name, 'job-1', 'ct');
    await mkdir(ct, { recursive: true });
    await writeFile(path.join(ct, '1.2.3.dcm'), 'an image');
  };

  it('is of this process on this machine alone', async () => {
    expect(await workFolder(data)).toBe(path.join(data, 'work', `${hostname()}-${process.pid}`));
  });

  it('is cleared of what ended processes of this machine left, and of none that others may be at', async () => {
    const dead = await deadPid();
    // Those of another machine, one of them called as this one and a number; and that of a process that runs.
    const others = [`elsewhere-${dead}`, `${hostname()}-1-${dead}`, `${hostname()}-${process.ppid}`];
    for (const name of [`${hostname()}-${dead}`, ...others]) await leave(name);
    await workFolder(data);
    expect(await readdir(path.join(data, 'work'))).toEqual(others.sort());
  });

  it('is cleared of what its own process id left before: in a container it is always the same', async () => {
    await leave(`${hostname()}-${process.pid}`);
    await workFolder(data);
    expect(await readdir(path.join(data, 'work'))).toEqual([]);
  });

  it('is cleared of what was being removed when its remover ended', async () => {
    await leave('removed-4f1c');
    await workFolder(data);
    expect(await readdir(path.join(data, 'work'))).toEqual([]);
  });
});

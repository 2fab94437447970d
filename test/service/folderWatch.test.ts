import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive } from '../../src/archive/index.ts';
import type { Arrival } from '../../src/config/index.ts';
import { RT_STRUCTURE_SET_STORAGE } from '../../src/dicom/index.ts';
import { RondoError } from '../../src/errors.ts';
import { openDatabase, TakenFiles, type Database } from '../../src/jobs/index.ts';
import { FolderWatch, type FolderWatchOptions } from '../../src/service/folderWatch.ts';
import { alterFile, testCt, writeTestCt } from '../support/ctSeries.ts';
import { keptLog, type KeptLog } from '../support/watchLog.ts';

const QUIET_MS = 20_000;
const GIVE_UP_MS = 3_600_000;
const NEVER = new AbortController().signal;

describe('a watched folder', () => {
  let databasePlace: string;
  let place: string;
  let folder: string;
  let files: string[];
  let database: Database;
  let archive: Archive;
  let log: KeptLog;
  let received: { sopInstanceUid: string; isNew: boolean; arrival: Arrival; isArchived: boolean }[];
  let nowMs: number;
  let watch: FolderWatch;

  beforeAll(async () => {
    databasePlace = await mkdtemp(path.join(tmpdir(), 'rondo-folder-'));
    database = await openDatabase({ folder: path.join(databasePlace, 'database') });
  });
  afterAll(async () => {
    await database.close();
    await rm(databasePlace, { recursive: true, force: true });
  });
  beforeEach(async () => {
    place = await mkdtemp(path.join(tmpdir(), 'rondo-folder-'));
    folder = path.join(place, 'in');
    await mkdir(folder);
    files = await writeTestCt(path.join(place, 'ct'));
    archive = await Archive.open(path.join(place, 'archive'));
    [log, received, nowMs] = [keptLog(), [], 0];
    watch = newWatch();
  });
  afterEach(async () => {
    await rm(place, { recursive: true, force: true });
  });

  function newWatch(options: Partial<FolderWatchOptions> = {}): FolderWatch {
    return new FolderWatch({
      folder, mostBytes: 100_000, quietMs: QUIET_MS, giveUpMs: GIVE_UP_MS, archive, taken: new TakenFiles(database), onNew: () => undefined, log, clock: () => nowMs,
      intake: { expected: receive, received: receive },
      ...options,
    });
  }
  const receive: FolderWatchOptions['intake']['received'] = async ({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, isNew }, arrival) => {
    received.push({ sopInstanceUid, isNew, arrival, isArchived: (await archive.instance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)) !== undefined });
  };
  const look = async (): Promise<void> => { await watch.look(NEVER, () => undefined); };
  /** Looks until all that is there has been left in peace for long enough. */
  const settle = async (): Promise<void> => {
    await look();
    nowMs += QUIET_MS;
    await look();
  };
  const put = async (n: number, ...below: string[]): Promise<string> => {
    const target = path.join(folder, ...below);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(files[n], target);
    return target;
  };
  const uids = (...slices: number[]): string[] => slices.map((n) => testCt().slices[n].sopInstanceUid);
  const done = (): typeof received => received.filter(({ isArchived }) => isArchived);
  const taken = (): string[] => done().map(({ sopInstanceUid }) => sopInstanceUid).sort();

  it('takes CT images as if they had been sent, and leaves the files as they are', async () => {
    const one = await put(0, 'a.dcm');
    await put(1, 'patient', 'study', 'IM0001');
    const before = await stat(one);
    await look();
    expect(received).toEqual([]);
    await settle();
    expect(taken()).toEqual(uids(0, 1).sort());
    expect(done()[0]).toMatchObject({ isNew: true, arrival: { origin: 'folder', folder } });
    await settle();
    expect(done()).toHaveLength(2);
    expect((await stat(one)).mtimeMs).toBe(before.mtimeMs);
    expect(await readdir(folder)).toEqual(['a.dcm', 'patient']);
    expect(await readFile(one)).toEqual(await readFile(files[0]));
  });

  it('does not take the slices of a CT before the last one has come, however slowly they do', async () => {
    for (let n = 0; n < files.length; n++) {
      await put(n, 'patient', `${n}`, 'IM');
      await look();
      nowMs += QUIET_MS - 1;
    }
    await look();
    expect(received).toEqual([]);
    nowMs += 1;
    await look();
    expect(taken()).toEqual(uids(...files.keys()).sort());
  });

  it('waits for its own subfolder only, and not for ever for one in which something always changes', async () => {
    await put(0, 'patient', 'IM');
    await put(1, 'busy', 'IM');
    for (let n = 0; nowMs < GIVE_UP_MS; n++, nowMs += QUIET_MS) {
      await writeFile(path.join(folder, 'busy', 'log.txt'), `${n}`.padStart(n));
      await look();
      if (n === 1) expect(taken()).toEqual(uids(0));
    }
    expect(taken()).toEqual(uids(0));
    await look();
    expect(taken()).toEqual(uids(0, 1).sort());
  });

  it('takes a file when it has its name and all its bytes', async () => {
    const bytes = await readFile(files[0]);
    await put(1, 'second.dcm.part');
    await put(2, '.third.dcm');
    await writeFile(path.join(folder, 'first.dcm'), bytes.subarray(0, 200));
    await look();
    nowMs += QUIET_MS;
    await appendFile(path.join(folder, 'first.dcm'), bytes.subarray(200, -10));
    await look();
    expect(received).toEqual([]);
    expect(log.lines).toEqual([]);
    // Its writer is stuck: what is there is no whole instance.
    nowMs += QUIET_MS;
    await look();
    expect(received).toEqual([]);
    expect(log.lines).toEqual([{ level: 'warn', text: 'files of a watched folder are left alone', details: { folder, files: { 'dicom-truncated': 1 } } }]);
    await appendFile(path.join(folder, 'first.dcm'), bytes.subarray(-10));
    await rename(path.join(folder, 'second.dcm.part'), path.join(folder, 'second.dcm'));
    await rename(path.join(folder, '.third.dcm'), path.join(folder, 'third.dcm'));
    await settle();
    expect(taken()).toEqual(uids(0, 1, 2).sort());
  });

  it('takes a folder that was moved in, and what is written over what was taken', async () => {
    await put(0, '..', 'beside', 'IM0001');
    await rename(path.join(place, 'beside'), path.join(folder, 'moved'));
    await settle();
    expect(taken()).toEqual(uids(0));
    const [target, time] = [path.join(folder, 'moved', 'IM0001'), new Date('2026-01-01')];
    await put(1, 'moved', 'IM0001');
    // The same name, and the same size: a later time tells them apart.
    await utimes(target, time, time);
    await settle();
    expect(taken()).toEqual(uids(0, 1).sort());
  });

  it('leaves alone what is no CT, and says once how much of it there is', async () => {
    await writeFile(path.join(folder, 'MUELLER^HANS.txt'), 'hello');
    await writeFile(path.join(folder, 'empty'), '');
    const structures = await put(0, 'RS.dcm');
    await alterFile(structures, { SOPClassUID: RT_STRUCTURE_SET_STORAGE });
    await symlink(files[1], path.join(folder, 'link.dcm'));
    await settle();
    await settle();
    expect(received).toEqual([]);
    expect(log.lines).toEqual([{ level: 'info', text: 'files of a watched folder are left alone', details: { folder, files: { 'not DICOM': 2, 'no CT image': 1 } } }]);
    expect(await archive.series()).toEqual([]);
    watch = newWatch({ mostBytes: 100 });
    await put(2, 'large.dcm');
    await settle();
    expect(log.lines[1]).toMatchObject({ level: 'warn', details: { files: { 'larger than limits.instanceMb': 2 } } });
  });

  it('says that another instance lies under the UID of one that was taken', async () => {
    await put(0, 'one.dcm');
    await settle();
    await alterFile(await put(0, 'other.dcm'), { StudyDescription: 'another' });
    await settle();
    expect(taken()).toEqual(uids(0));
    expect(log.lines).toMatchObject([{ level: 'warn', details: { files: { 'instance-differs': 1 } } }]);
  });

  it('takes nothing again after a restart, also where the images were deleted by then', async () => {
    await put(0, 'a.dcm');
    await put(1, 'b.dcm');
    await settle();
    const { attributes: { StudyInstanceUID }, seriesInstanceUid } = testCt();
    await archive.remove(StudyInstanceUID, seriesInstanceUid);
    watch = newWatch();
    await put(2, 'c.dcm');
    await settle();
    expect(taken()).toEqual(uids(0, 1, 2).sort());
    expect(await archive.instances(StudyInstanceUID, seriesInstanceUid)).toHaveLength(1);
    // A share that was away and came back is no other folder.
    await rename(folder, `${folder}-away`);
    await expect(look()).rejects.toMatchObject({ code: 'watch-folder' });
    await mkdir(folder);
    await settle();
    await rm(folder, { recursive: true });
    await rename(`${folder}-away`, folder);
    await settle();
    expect(done()).toHaveLength(3);
  });

  it('has not done with a file before there is a job for it', async () => {
    await put(0, 'a.dcm');
    await put(1, 'b.dcm');
    const down = newWatch({ intake: { expected: () => Promise.reject(new Error('the database is away')), received: () => Promise.reject(new Error('the database is away')) } });
    await down.look(NEVER, () => undefined);
    nowMs += QUIET_MS;
    await expect(down.look(NEVER, () => undefined)).rejects.toThrow('the database is away');
    await expect(down.look(NEVER, () => undefined)).rejects.toThrow('the database is away');
    await settle();
    expect(taken()).toEqual(uids(0, 1).sort());
  });

  it('gives an instance its job before it lies in the archive, and counts it once', async () => {
    await put(0, 'a.dcm');
    let counted = 0;
    const full = newWatch({ archive: { instance: async (...uid) => await archive.instance(...uid), addBytes: () => Promise.reject(new RondoError('archive-full', 'No space is left.')) }, onNew: () => { counted++; } });
    await full.look(NEVER, () => undefined);
    nowMs += QUIET_MS;
    await expect(full.look(NEVER, () => undefined)).rejects.toMatchObject({ code: 'archive-full' });
    expect(received).toMatchObject([{ isNew: true, isArchived: false }]);
    watch = newWatch({ onNew: () => { counted++; } });
    await settle();
    expect(received.slice(1)).toMatchObject([{ isNew: true, isArchived: false }, { isNew: true, isArchived: true }]);
    expect(counted).toBe(1);
  });

  it('leaves off in the middle, and goes on after a restart', async () => {
    for (const n of files.keys()) await put(n, `${n}.dcm`);
    const ending = new AbortController();
    const stopped = newWatch({ intake: { expected: receive, received: async (...one) => { await receive(...one); ending.abort(); } } });
    await stopped.look(ending.signal, () => undefined);
    nowMs += QUIET_MS;
    await expect(stopped.look(ending.signal, () => undefined)).rejects.toThrow();
    expect(taken()).toHaveLength(1);
    await settle();
    expect([...new Set(taken())]).toEqual(uids(...files.keys()).sort());
  });

  it('names a folder that cannot be read', async () => {
    watch = newWatch({ folder: path.join(place, 'none') });
    await expect(look()).rejects.toMatchObject({ code: 'watch-folder', message: expect.stringContaining('ENOENT') as unknown });
    watch = newWatch({ folder: files[0] });
    await expect(look()).rejects.toMatchObject({ code: 'watch-folder', message: expect.stringContaining('ENOTDIR') as unknown });
  });

  it('takes what it can read, and says what it cannot', async () => {
    await put(0, 'open', 'IM');
    // A path that is longer than the system takes.
    const long = 'x'.repeat(250);
    const [outer, inner] = [path.join(folder, ...Array<string>(9).fill(long)), path.join(place, ...Array<string>(9).fill(long))];
    await mkdir(outer, { recursive: true });
    await mkdir(inner, { recursive: true });
    await copyFile(files[1], path.join(inner, 'IM'));
    await rename(path.join(place, long), path.join(outer, long));
    await look().catch(() => undefined);
    nowMs += QUIET_MS;
    await expect(look()).rejects.toMatchObject({ code: 'watch-files', message: expect.stringContaining('ENAMETOOLONG') as unknown });
    expect(taken()).toEqual(uids(0));
    await rename(path.join(outer, long), path.join(folder, 'shorter'));
    await settle();
    expect(taken()).toEqual(uids(0, 1).sort());
  });
});

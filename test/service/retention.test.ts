import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive, type Added } from '../../src/archive/index.ts';
import { RT_STRUCTURE_SET_STORAGE, uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { JobLeases, JobStore, openDatabase, StructureSetStore, type Database } from '../../src/jobs/index.ts';
import { applyRetention, OWN_ARCHIVE } from '../../src/service/index.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';

const DAY_MS = 86_400_000;
/** Nothing else is done to a series. */
const ALONE = { whileQuiet: async (_: string, work: () => Promise<void>): Promise<boolean> => { await work(); return true; } };
const PROBLEM = { code: 'test', message: 'because', cure: 'none' };

describe('retention', () => {
  let folder: string;
  let archive: Archive;
  let database: Database;
  let jobs: JobStore;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-retention-'));
    archive = await Archive.open(path.join(folder, 'archive'));
    database = await openDatabase({ folder: path.join(folder, 'database') });
    jobs = new JobStore(database);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const received = async (name: string): Promise<Added> => {
    const files = await writeTestCt(path.join(folder, name), { name, attributes: { StudyInstanceUID: `1.2.${name.length}` } });
    return (await Promise.all(files.map(async (file) => await archive.addBytes(await readFile(file)))))[0];
  };
  const jobOf = async ({ studyInstanceUid, seriesInstanceUid }: Added): Promise<string> =>
    (await jobs.create({ origin: 'dimse', source: { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid, seriesInstanceUid }, problem: PROBLEM }, 'test')).job.id;
  const apply = async (days: number): Promise<readonly string[]> => (await applyRetention({ archive, database, jobs, intake: ALONE, config: { retention: { ctDays: 7, structureSetDays: 90 } } }, new Date(Date.now() + days * DAY_MS))).series;

  it('deletes images once every job of theirs has ended for long enough, and writes it down', async () => {
    const [done, open] = [await received('done'), await received('still waiting')];
    const [ended, again, waiting] = [await jobOf(done), await jobOf(done), await jobOf(open)];
    await jobs.transition(ended, 'waiting', 'failed', { problem: PROBLEM }, 'test');
    expect(await apply(8)).toEqual([]);
    await jobs.cancel(again, 'test');
    expect(await apply(6.9)).toEqual([]);
    expect(await apply(7.1)).toEqual([done.seriesInstanceUid]);
    expect(await apply(400)).toEqual([]);
    expect((await archive.series()).map(({ seriesInstanceUid }) => seriesInstanceUid)).toEqual([open.seriesInstanceUid]);
    for (const id of [ended, again]) expect((await jobs.events(id)).at(-1)).toMatchObject({ who: 'retention', what: 'images deleted', details: { seriesInstanceUid: done.seriesInstanceUid, instances: 6, ctDays: 7 } });
    expect((await jobs.events(waiting)).map(({ what }) => what)).toEqual(['created']);
  });

  it('deletes structure sets from the archive when those who made them have ended for long enough, and writes it down', async () => {
    const sopInstanceUid = uidFrom('test', 'kept');
    const bytes = writeDicom({ ...testCt().attributes, SpecificCharacterSet: 'ISO_IR 100', SOPClassUID: RT_STRUCTURE_SET_STORAGE, SOPInstanceUID: sopInstanceUid, SeriesInstanceUID: uidFrom('test', 'sets'), Modality: 'RTSTRUCT' });
    const { seriesInstanceUid } = await archive.addBytes(bytes);
    const [leases, structureSets] = [new JobLeases(database), new StructureSetStore(database)];
    const make = async (destinations: readonly string[]): Promise<string> => {
      const { job: { id } } = await jobs.create({ origin: 'dimse', source: { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid: '1.2', seriesInstanceUid: '1.2.3' }, protocol: 'p' }, 'test');
      await leases.claim('worker', 60_000);
      await jobs.transition(id, 'fetching', 'contouring', {}, 'worker');
      await structureSets.save(id, 'worker', { sopInstanceUid, bytes, summary: {}, notes: [] }, destinations);
      return id;
    };
    const [done, delivering] = [await make([]), await make(['rondo'])];
    // One of them is still on its way: it may be brought here again.
    expect(await apply(91)).toEqual([]);
    await jobs.cancel(delivering, 'test');
    expect(await apply(89.9)).toEqual([]);
    expect(await apply(90.1)).toEqual([seriesInstanceUid]);
    expect(await archive.series()).toEqual([]);
    for (const id of [done, delivering]) {
      expect((await jobs.events(id)).find(({ what }) => what === 'structure set deleted from the archive')).toMatchObject({ who: 'retention', details: { seriesInstanceUid, instances: 1, structureSetDays: 90 } });
    }
  });

  it('keeps a structure set of others as long', async () => {
    await archive.addBytes(writeDicom({ ...testCt().attributes, SpecificCharacterSet: 'ISO_IR 100', SOPClassUID: RT_STRUCTURE_SET_STORAGE, SOPInstanceUID: uidFrom('test', 'other'), SeriesInstanceUID: uidFrom('test', 'others'), Modality: 'RTSTRUCT' }));
    expect(await apply(89.9)).toEqual([]);
    expect(await apply(90.1)).toEqual([uidFrom('test', 'others')]);
  });
});

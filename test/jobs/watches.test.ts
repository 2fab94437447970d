import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobStore, TakenFiles, WatchedSeries, type Database, type ListedSeries, type NewJob } from '../../src/jobs/index.ts';
import { DATABASES, empty, newJob, openNew, PROBLEM } from './databases.ts';

const SEARCH = 'CT of two days';

function listed(seriesInstanceUid: string, instances: number): ListedSeries {
  return { studyInstanceUid: '1.2', seriesInstanceUid, instances };
}

function archiveJob(seriesInstanceUid: string): NewJob {
  return { ...newJob({ origin: 'archive', problem: PROBLEM }), protocol: undefined, source: { kind: 'dicomweb', url: 'http://pacs/dicom-web', studyInstanceUid: '1.2', seriesInstanceUid } };
}

describe.each(DATABASES)('what watches have seen, in %s', (_name, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let watched: WatchedSeries;
  let jobs: JobStore;

  beforeAll(async () => { ({ database, remove } = await openNew(newPlace)); });
  afterAll(async () => { await remove(); });
  beforeEach(async () => {
    await empty(database);
    [watched, jobs] = [new WatchedSeries(database), new JobStore(database)];
  });

  const take = async (seriesInstanceUid: string, instances: number): ReturnType<WatchedSeries['take']> => await watched.take('pacs', listed(seriesInstanceUid, instances), archiveJob(seriesInstanceUid), 'test');

  it('begins a watch once, and anew where something else is searched for', async () => {
    expect(await watched.begin('pacs', SEARCH, [listed('1.1', 5), listed('1.2', 7)])).toBe(true);
    expect(await watched.begin('pacs', SEARCH, [listed('1.3', 9)])).toBe(false);
    expect(await watched.begin('other', SEARCH, [])).toBe(true);
    expect(new Map(Array.from(await watched.seen('pacs'), ([uid, { instances }]) => [uid, instances]))).toEqual(new Map([['1.1', 5], ['1.2', 7]]));
    expect(await watched.begin('pacs', 'CT and MR', [listed('1.1', 4), listed('1.3', 9)])).toBe(true);
    expect(new Map(Array.from(await watched.seen('pacs'), ([uid, { instances }]) => [uid, instances]))).toEqual(new Map([['1.1', 5], ['1.2', 7], ['1.3', 9]]));
    expect(await watched.seen('other')).toEqual(new Map());
  });

  it('takes what is more than was seen, once, however many take it at the same time', async () => {
    await watched.begin('pacs', SEARCH, [listed('1.1', 5)]);
    const taken = await Promise.all([take('1.1', 5), take('1.1', 6), take('1.1', 6), take('1.9', 3), take('1.9', 3)]);
    expect(taken.filter((job) => job !== undefined).map((job) => job.seriesInstanceUid).sort()).toEqual(['1.1', '1.9']);
    expect(await jobs.list({ limit: 10 })).toHaveLength(2);
    const [job] = await jobs.ofSeries('1.1');
    expect(job).toMatchObject({ state: 'waiting', origin: 'archive', problem: PROBLEM });
    expect(await jobs.events(job.id)).toMatchObject([{ who: 'test', what: 'created', details: { archive: 'pacs', instances: 6 } }]);
  });

  it('gives more images of a series to the job that waits, and a new job to those of one that went its way', async () => {
    await watched.begin('pacs', SEARCH, []);
    const first = await take('1.1', 5);
    await jobs.explain(first?.id ?? '', { code: 'protocol-none', message: 'None.', cure: 'Choose.' }, 'test');
    expect(await take('1.1', 6)).toMatchObject({ id: first?.id, problem: PROBLEM });
    await jobs.cancel(first?.id ?? '', 'test');
    expect((await take('1.1', 7))?.id).not.toBe(first?.id);
    expect(await jobs.ofSeries('1.1')).toHaveLength(2);
    await watched.forget('pacs', ['1.1']);
    expect(await watched.seen('pacs')).toEqual(new Map());
  });

  it('makes no job where the process ends between the two', async () => {
    await watched.begin('pacs', SEARCH, []);
    await expect(watched.take('pacs', listed('1.1', 5), { ...archiveJob('1.1'), problem: undefined }, 'test')).rejects.toMatchObject({ code: 'job-protocol' });
    expect(await watched.seen('pacs')).toEqual(new Map());
  });

  it('keeps which files were taken, by folder', async () => {
    const files = new TakenFiles(database);
    await files.add('/in', ['a', 'b']);
    await files.add('/in', ['b', 'c']);
    await files.add('/other', ['d']);
    expect(await files.all('/in')).toEqual(new Set(['a', 'b', 'c']));
    expect(await files.forget('/in', ['a', 'd'], 1)).toEqual([]);
    expect(await files.forget('/in', ['a', 'd'], 0)).toEqual(['a']);
    expect(await files.all('/in')).toEqual(new Set(['b', 'c']));
    expect(await files.all('/other')).toEqual(new Set(['d']));
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { uidFrom } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { RondoError } from '../../src/errors.ts';
import { JobStore, openDatabase, WatchedSeries, type Database, type Job } from '../../src/jobs/index.ts';
import { ArchiveWatch, type ArchiveWatchOptions } from '../../src/service/archiveWatch.ts';
import { studyDateFrom } from '../../src/service/studyDate.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { keptLog, type KeptLog } from '../support/watchLog.ts';

const QUIET_MS = 20_000;

describe('the first study date that is searched for', () => {
  it.each([
    [new Date(2026, 2, 1, 0, 30), 0, '20260228'],
    [new Date(2026, 0, 2, 23, 30), 2, '20251230'],
    [new Date(2028, 2, 1, 12), 1, '20280228'],
  ])('leaves a day for clocks that differ: %s, %i days', (now, days, expected) => { expect(studyDateFrom(now, days)).toBe(expected); });
});

describe('a watched archive', () => {
  let orthanc: Orthanc;
  let folder: string;
  let database: Database;
  let jobs: JobStore;
  let pacs: DicomWeb;
  let log: KeptLog;
  let nowMs: number;
  let released: Job[];
  let watch: ArchiveWatch;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-archive-'));
    orthanc = await startOrthanc();
    pacs = new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 });
    database = await openDatabase({ folder: path.join(folder, 'database') });
    jobs = new JobStore(database);
  });
  afterAll(async () => {
    await orthanc.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    [log, nowMs, released] = [keptLog(), 0, []];
    watch = newWatch();
  });

  /** Each test has a watch of its own: the name of the test is the archive's. */
  function newWatch(options: Partial<ArchiveWatchOptions> = {}): ArchiveWatch {
    return new ArchiveWatch({
      archive: { name: expect.getState().currentTestName ?? '', url: orthanc.dicomWebUrl, watch: { query: { PatientID: 'T-1' }, everySeconds: 1, withinDays: 2 } },
      service: { url: orthanc.dicomWebUrl, timeoutMs: 20_000 }, quietMs: QUIET_MS, watched: new WatchedSeries(database), jobs, log, clock: () => nowMs,
      async release(job) { released.push(await jobs.cancel(job.id, 'test')); },
      ...options,
    });
  }
  const look = async (one = watch): Promise<void> => { await one.look(new AbortController().signal, () => undefined); };
  const settle = async (one = watch): Promise<void> => {
    await look(one);
    nowMs += QUIET_MS;
    await look(one);
  };
  const ct = (name: string, StudyDate = studyDateFrom(new Date(), 0)): TestCtOptions => ({ name, attributes: { StudyDate, StudyInstanceUID: uidFrom('test study', name) } });
  const filesOf = async (options: TestCtOptions): Promise<Uint8Array[]> => await Promise.all((await writeTestCt(path.join(folder, options.name ?? ''), options)).map(async (file) => await readFile(file)));
  const store = async (options: TestCtOptions): Promise<string> => {
    await pacs.store(await filesOf(options));
    return testCt(options).seriesInstanceUid;
  };
  const series = (): string[] => released.map(({ seriesInstanceUid }) => seriesInstanceUid);

  it('takes what appears once it is whole, and nothing that was there before', async () => {
    await store(ct('before'));
    await settle();
    await settle();
    expect(log.lines).toMatchObject([{ level: 'info', details: { series: 1 } }]);
    const uid = await store(ct('after'));
    await look();
    nowMs += QUIET_MS - 1;
    await look();
    expect(released).toEqual([]);
    nowMs += 1;
    await look();
    expect(released).toMatchObject([{ origin: 'archive', seriesInstanceUid: uid, source: { kind: 'dicomweb', url: orthanc.dicomWebUrl, studyInstanceUid: uidFrom('test study', 'after') } }]);
    await settle();
    expect(released).toHaveLength(1);
  });

  it('does not take a series in halves, and takes it anew when it grows', async () => {
    const files = await filesOf(ct('slow'));
    await look();
    for (const file of files.slice(0, -1)) {
      await pacs.store([file]);
      await look();
      nowMs += QUIET_MS;
    }
    expect(released).toEqual([]);
    await look();
    const uid = testCt(ct('slow')).seriesInstanceUid;
    expect(series()).toEqual([uid]);
    await pacs.store(files.slice(-1));
    await settle();
    expect(series()).toEqual([uid, uid]);
    expect((await jobs.events(released[1].id))[0]).toMatchObject({ what: 'created', details: { instances: files.length } });
  });

  it('takes a series that was still being sent when the watch began', async () => {
    const files = await filesOf(ct('under way'));
    await pacs.store(files.slice(0, 3));
    await settle();
    await pacs.store(files.slice(3));
    await settle();
    expect(series()).toEqual([testCt(ct('under way')).seriesInstanceUid]);
  });

  it('misses and repeats nothing after a restart, beside another process, and where it ends between taking and looking', async () => {
    await look();
    const first = await store(ct('first'));
    await settle();
    const second = await store(ct('second'));
    await look();
    const ended = newWatch({ release: () => Promise.reject(new RondoError('dicomweb-unreachable', 'away')) });
    await settle(ended);
    expect(series()).toEqual([first]);
    expect(await jobs.ofSeries(second)).toMatchObject([{ state: 'waiting', problem: { code: 'series-looked-at' } }]);
    const [again, beside] = [newWatch(), newWatch()];
    await Promise.all([settle(again), settle(beside)]);
    await Promise.all([settle(again), settle(beside), settle()]);
    expect(new Set(series())).toEqual(new Set([first, second]));
    expect(await jobs.ofSeries(second)).toHaveLength(1);
    expect(log.lines.filter(({ text }) => text.includes('watch of an archive begins'))).toHaveLength(1);
  });

  it('begins anew where something else is searched for', async () => {
    const empty = newWatch({ archive: { name: 'changed', url: orthanc.dicomWebUrl, watch: { query: { PatientID: 'nobody' }, everySeconds: 1, withinDays: 2 } } });
    await settle(empty);
    await store(ct('long there'));
    await settle(newWatch({ archive: { name: 'changed', url: orthanc.dicomWebUrl, watch: { query: {}, everySeconds: 1, withinDays: 2 } } }));
    expect(released).toEqual([]);
    expect(log.lines.filter(({ text }) => text.includes('watch of an archive begins'))).toHaveLength(2);
  });

  it('takes CTs only, of the days that are looked at', async () => {
    await look();
    await store(ct('last year', '20240102'));
    const tomorrow = studyDateFrom(new Date(), -2);
    const ahead = await store(ct('a clock that is ahead', tomorrow));
    await settle();
    expect(series()).toEqual([ahead]);
    expect((await pacs.searchSeries({ match: { StudyDate: `${tomorrow}-` } })).map(({ seriesInstanceUid }) => seriesInstanceUid)).toEqual([ahead]);
    // An archive that knows neither key lists everything.
    const url = (href: string): string => href.replace(/00080060=CT&?/, '').replace(/00080020=[^&]*&?/, '');
    await settle(newWatch({ service: { url: orthanc.dicomWebUrl, timeoutMs: 20_000, fetch: async (input, init) => await fetch(url((input as URL).href), init) } }));
    expect(series()).toEqual([ahead]);
  });

  it('counts instances where the archive does not say how many there are', async () => {
    const uncounted: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!(input as URL).pathname.endsWith('/series')) return response;
      const found = (await response.json()) as Record<string, unknown>[];
      return new Response(JSON.stringify(found.map((one) => ({ ...one, '00201209': undefined }))), { headers: response.headers });
    };
    watch = newWatch({ service: { url: orthanc.dicomWebUrl, timeoutMs: 20_000, fetch: uncounted } });
    await settle();
    const uid = await store(ct('uncounted'));
    await settle();
    await settle();
    expect(series()).toEqual([uid]);
  });

  it('keeps a series that cannot be worked on, with the reason', async () => {
    watch = newWatch({ release: () => Promise.reject(new RondoError('protocol-unknown', 'There is no such protocol.')) });
    await look();
    const uid = await store(ct('refused'));
    await settle();
    await settle();
    const [job] = await jobs.ofSeries(uid);
    expect(job).toMatchObject({ state: 'waiting', problem: { code: 'protocol-unknown', cure: expect.stringContaining('choose the protocol') as unknown } });
    expect((await jobs.events(job.id)).filter(({ what }) => what === 'waits')).toHaveLength(1);
  });

  it('fails while the archive is away, and goes on afterwards', async () => {
    await look();
    await orthanc.halt();
    const away = newWatch({ service: { url: orthanc.dicomWebUrl, timeoutMs: 20_000, clock: { pause: () => Promise.resolve(), random: () => 0 } } });
    await expect(look(away)).rejects.toMatchObject({ code: 'dicomweb-unreachable' });
    await orthanc.resume();
    const uid = await store(ct('back'));
    await settle();
    expect(series()).toEqual([uid]);
  });
});

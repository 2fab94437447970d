import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uidFrom } from '../../src/dicom/index.ts';
import { DicomWeb, isTransient, type RetryClock } from '../../src/dicomweb/index.ts';
import { inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';
import { FaultyProxy } from '../support/faultyProxy.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';

const { attributes: { StudyInstanceUID: STUDY }, seriesInstanceUid: SERIES, slices } = testCt();
const FILES = slices.map(({ sopInstanceUid }) => `${sopInstanceUid}.dcm`).sort();
const SECRET = 'Bearer of-the-hospital';

describe('a network that fails before an archive: Orthanc', () => {
  let orthanc: Orthanc;
  let proxy: FaultyProxy;
  let pauses: number[];
  let duringPause: () => Promise<void>;
  /** Pauses pass at once. */
  const clock: RetryClock = { random: () => 0.5, pause: async (ms) => { pauses.push(ms); await duringPause(); } };
  const through = (timeoutMs = 20_000): DicomWeb => new DicomWeb({ url: proxy.url, headers: { authorization: SECRET }, timeoutMs, clock });
  const isInstance = (url: string): boolean => /instances\/[\d.]+$/.test(url);

  beforeAll(async () => {
    orthanc = await startOrthanc();
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(folder);
      await new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 }).store(await Promise.all(files.map((file) => readFile(file))));
    });
  });
  afterAll(async () => { await orthanc.stop(); });
  beforeEach(async () => {
    proxy = await FaultyProxy.start(orthanc.dicomWebUrl);
    pauses = [];
    duringPause = () => Promise.resolve();
  });
  afterEach(async () => { await proxy.down(); });

  it.each(['cut', 'lost', 500, 503, 429] as const)('fetches a series whole when every instance fails by %s twice', async (fault) => {
    const failed = new Map<string, number>();
    proxy.fault = ({ url }) => {
      if (!isInstance(url)) return 'none';
      failed.set(url, (failed.get(url) ?? 0) + 1);
      return (failed.get(url) ?? 0) <= 2 ? fault : 'none';
    };
    await inTemporaryFolder(async (folder) => {
      await through().retrieveSeries(STUDY, SERIES, folder);
      expect((await readdir(folder)).sort()).toEqual(FILES);
    });
    expect([...failed.values()]).toEqual(FILES.map(() => 3));
    expect(pauses.sort((one, other) => one - other)).toEqual([...FILES.map(() => 375), ...FILES.map(() => 750)]);
    expect(proxy.requests.every(({ headers }) => headers.authorization === SECRET)).toBe(true);
  });

  it('lists what there is when searches are cut', async () => {
    proxy.fault = (_, nth) => (nth % 2 === 1 ? 'cut' : 'none');
    expect((await through().listSeries(STUDY, SERIES)).instanceUids).toHaveLength(FILES.length);
    expect(await through().holds(STUDY, SERIES, slices[0].sopInstanceUid)).toBe(true);
  });

  it('takes the answer that there is no such study or series for what it says', async () => {
    proxy.fault = () => 404;
    expect(await through().holds(STUDY, SERIES, slices[0].sopInstanceUid)).toBe(false);
  });

  it('waits for an archive that is down for a while', async () => {
    duringPause = async () => { if (pauses.length === 3) await proxy.up(); };
    await proxy.down();
    await inTemporaryFolder(async (folder) => {
      await through().retrieveSeries(STUDY, SERIES, folder, { parallel: 1 });
      expect((await readdir(folder)).sort()).toEqual(FILES);
    });
    expect(pauses).toEqual([375, 750, 1500]);
  });

  it('gives up an archive that stays down, as a failure that may pass, and keeps no partial file', async () => {
    const down = new Set<string>();
    proxy.fault = ({ url }) => {
      if (isInstance(url) && down.size < 2) down.add(url);
      return down.has(url) ? 'cut' : 'none';
    };
    await inTemporaryFolder(async (folder) => {
      const failure = await through().retrieveSeries(STUDY, SERIES, folder, { parallel: 2 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'dicomweb-unreachable' });
      expect(isTransient(failure)).toBe(true);
      expect((await readdir(folder)).filter((name) => !FILES.includes(name))).toEqual([]);
    });
    expect(Math.max(...pauses)).toBe(6000);
  });

  it('takes slow answers while they come, and gives up silence', async () => {
    proxy.fault = ({ url }) => (isInstance(url) ? 'slow' : 'none');
    await inTemporaryFolder(async (folder) => {
      // Every answer takes 800 ms.
      await through(500).retrieveSeries(STUDY, SERIES, folder, { parallel: FILES.length });
      expect((await readdir(folder)).sort()).toEqual(FILES);
    });
    proxy.fault = () => 'silent';
    await expect(through(50).holds(STUDY, SERIES, slices[0].sopInstanceUid)).rejects.toMatchObject({ code: 'dicomweb-timeout' });
    expect(pauses).toHaveLength(5);
  });

  it.each([
    [401, 'dicomweb-unauthorized'], [403, 'dicomweb-forbidden'], [404, 'dicomweb-missing'], [302, 'dicomweb-redirect'], [400, 'dicomweb-refused'], [501, 'dicomweb-refused'],
  ] as const)('does not try again after %i', async (status, code) => {
    proxy.fault = ({ url }) => (url.includes(slices[3].sopInstanceUid) ? status : 'none');
    await inTemporaryFolder(async (folder) => {
      const failure = await through().retrieveSeries(STUDY, SERIES, folder).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code });
      expect(isTransient(failure)).toBe(false);
      expect((await readdir(folder)).filter((name) => !FILES.includes(name))).toEqual([]);
    });
    expect(pauses).toEqual([]);
    expect(proxy.requests.filter(({ url }) => url.includes(slices[3].sopInstanceUid))).toHaveLength(1);
  });

  it('tells neither credentials nor what was asked for nor what was answered', async () => {
    proxy.fault = () => 403;
    const failure = await through().searchSeries({ match: { PatientID: 'T-1' } }).catch((error: unknown) => error) as Error;
    expect(failure.message).toContain(`GET ${proxy.url}series was answered with the status 403`);
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/T-1|TEST|Bearer|\?/);
  });

  it('ends when it is cancelled: in an answer, and in a pause', async () => {
    await inTemporaryFolder(async (folder) => {
      const first = new AbortController();
      await expect(through().retrieveSeries(STUDY, SERIES, folder, { signal: first.signal, parallel: 2, onProgress: ({ instances }) => { if (instances === 3) first.abort(); } })).rejects.toMatchObject({ code: 'cancelled' });
      const names = await readdir(folder);
      expect(names.length).toBeGreaterThanOrEqual(3);
      expect(names.filter((name) => !FILES.includes(name))).toEqual([]);

      await proxy.down();
      const second = new AbortController();
      const patient = new DicomWeb({ url: proxy.url, timeoutMs: 20_000, clock: { random: () => 0, pause: async (_, signal) => { second.abort(); await Promise.resolve(); signal?.throwIfAborted(); } } });
      await expect(patient.retrieveSeries(STUDY, SERIES, path.join(folder, 'none'), { signal: second.signal })).rejects.toMatchObject({ code: 'cancelled' });
      await expect(patient.holds(STUDY, SERIES, uidFrom('test'), { signal: second.signal })).rejects.toMatchObject({ code: 'cancelled' });
    });
  });

  it('does not store again by itself when the answer is lost, and the archive holds what it was sent', async () => {
    proxy.fault = ({ method }) => (method === 'POST' ? 'lost' : 'none');
    await inTemporaryFolder(async (folder) => {
      const [file] = await writeTestCt(folder, { name: 'lost' });
      const { seriesInstanceUid, slices: [slice] } = testCt({ name: 'lost' });
      const failure = await through().store([await readFile(file)]).catch((error: unknown) => error);
      expect(isTransient(failure)).toBe(true);
      expect(proxy.requests).toHaveLength(1);
      expect(await through().holds(STUDY, seriesInstanceUid, slice.sopInstanceUid)).toBe(true);
    });
  });

  it('says where nobody listens, and that an address is none', async () => {
    await proxy.down();
    await expect(through().holds(STUDY, SERIES, slices[0].sopInstanceUid)).rejects.toMatchObject({ code: 'dicomweb-unreachable' });
    await expect(through().holds(STUDY, SERIES, slices[0].sopInstanceUid)).rejects.toThrow('ECONNREFUSED');
    for (const url of ['', 'pacs', 'ftp://pacs/', 'http://user:word@pacs/', 'http://pacs/?key=1']) expect(() => new DicomWeb({ url, timeoutMs: 1 })).toThrow('The address of a DICOMweb service is not valid');
  });
});

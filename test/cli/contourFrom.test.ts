import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RT_STRUCTURE_SET_STORAGE, uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { FaultyProxy } from '../support/faultyProxy.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { rondo, type Ended } from '../support/rondo.ts';

const RONDO = path.join(import.meta.dirname, '../../dist/cli/rondo.js');
const AUTHORIZATION = `Basic ${Buffer.from('rondo:word-of-the-archive').toString('base64')}`;
const OPTIONS: TestCtOptions = { name: 'from', geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
const { attributes, seriesInstanceUid: SERIES, slices } = testCt(OPTIONS);
const STUDY = attributes.StudyInstanceUID;
const SETS = uidFrom('test', 'sets of another');

describe('rondo contour --from, with an Orthanc that asks for a password', () => {
  let home: TestHome;
  let folder: string;
  let orthanc: Orthanc;
  const before = process.env.TMPDIR;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const address = (series = SERIES, url = orthanc.dicomWebUrl): string => `dicomweb:${url.replace(/\/$/, '')}/studies/${STUDY}/series/${series}`;
  const contour = async (from: string, ...more: string[]): Promise<Ended> => await rondo('contour', '--from', from, '--out', at('rs.dcm'), '--protocol', QUICK_PROTOCOL, ...more);
  /** Libraries leave files of their own there. */
  const fetched = async (): Promise<string[]> => (await readdir(at('tmp'))).filter((name) => name.startsWith('rondo-'));
  const WITH_PASSWORD = ['--header-from-env', 'Authorization=RONDO_TEST_AUTHORIZATION'];

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-from-'));
    orthanc = await startOrthanc({ AuthenticationEnabled: true, RegisteredUsers: { rondo: 'word-of-the-archive' } });
    const pacs = new DicomWeb({ url: orthanc.dicomWebUrl, headers: { authorization: AUTHORIZATION }, timeoutMs: 20_000 });
    const files = await writeTestCt(at('ct'), OPTIONS);
    await pacs.store(await Promise.all(files.map(async (file) => await readFile(file))));
    await pacs.store([writeDicom({ ...attributes, SpecificCharacterSet: 'ISO_IR 100', SOPClassUID: RT_STRUCTURE_SET_STORAGE, SOPInstanceUID: uidFrom('test', 'set'), SeriesInstanceUID: SETS, Modality: 'RTSTRUCT' })]);
    // Where the commands, not this test, put what passes.
    await mkdir(at('tmp'));
    Object.assign(process.env, { TMPDIR: at('tmp'), RONDO_TEST_AUTHORIZATION: AUTHORIZATION });
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    delete process.env.RONDO_TEST_AUTHORIZATION;
    await orthanc.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => { await rm(at('rs.dcm'), { force: true }); });

  it('fetches the series, contours it and keeps none of its images', async () => {
    const { code, stdout, stderr } = await contour(address(), ...WITH_PASSWORD, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const { seconds, skipped } = JSON.parse(stdout) as { seconds: Record<string, number>; skipped: unknown[] };
    expect(Object.keys(seconds)).toEqual(expect.arrayContaining(['fetching', 'reading', 'network']));
    expect(skipped).toEqual([]);
    const set = readStructureSet(await readFile(at('rs.dcm')));
    expect(set.reference.series[0].images.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(slices.map(({ sopInstanceUid }) => sopInstanceUid).sort());
    // The same as from the folder.
    expect((await rondo('contour', at('ct'), '--out', at('folder.dcm'), '--protocol', QUICK_PROTOCOL)).code).toBe(0);
    expect(readStructureSet(await readFile(at('folder.dcm')))).toMatchObject({ sopInstanceUid: set.sopInstanceUid, structures: set.structures });
    expect(await fetched()).toEqual([]);
  });

  it.each([
    ['without the password', () => address(), [], 'dicomweb-unauthorized'],
    ['of an unknown series', () => address('1.2.3'), WITH_PASSWORD, 'dicomweb-series-empty'],
    ['of structure sets', () => address(SETS), WITH_PASSWORD, 'series-not-ct'],
    ['at an address with a password', () => address(SERIES, orthanc.dicomWebUrl.replace('//', '//rondo:word@')), [], 'dicomweb-url'],
    ['with a variable that is not set', () => address(), ['--header-from-env', 'Authorization=RONDO_TEST_NOTHING'], 'header-missing'],
  ])('fails %s, and says so', async (_, from, more, code) => {
    const ended = await contour(from(), ...more, '--json');
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([1, { error: { code } }]);
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('word');
    expect(await fetched()).toEqual([]);
  });

  it.each([
    ['no address of a series', ['--from', 'dicomweb:https://pacs/dicom-web', '--out', 'x'], 'Expected dicomweb:https://'],
    ['another kind of place', ['--from', 'dimse:pacs', '--out', 'x'], 'Expected dicomweb:https://'],
    ['a folder too', ['ct', '--from', 'dicomweb:https://pacs/studies/1.2/series/1.3', '--out', 'x'], 'expected a folder with the CT, or --from'],
    ['neither', ['--out', 'x'], 'expected a folder with the CT, or --from'],
    ['a series twice', ['--from', 'dicomweb:https://pacs/studies/1.2/series/1.3', '--series', '1.4', '--out', 'x'], "option '--from <dicomweb:url>' cannot be used with option '--series <uid>'"],
    ['a header without an archive', ['ct', '--header-from-env', 'A=B', '--out', 'x'], '--header-from-env is for --from only'],
    ['a header with its value', ['--from', 'dicomweb:https://pacs/studies/1.2/series/1.3', '--header-from-env', 'Authorization=Bearer abc', '--out', 'x'], 'never the value itself'],
  ])('is used wrongly with %s', async (_, words, message) => {
    const { code, stderr } = await rondo('contour', ...words);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when it is interrupted by %s', async (signal) => {
    const proxy = await FaultyProxy.start(orthanc.dicomWebUrl);
    const isInstance = (url: string): boolean => /instances\/[\d.]+$/.test(url);
    const stuck = new Promise<void>((resolve) => {
      proxy.fault = ({ url }) => {
        if (!isInstance(url) || proxy.requests.filter((request) => isInstance(request.url)).length < 4) return 'none';
        resolve();
        return 'silent';
      };
    });
    const child = spawn(process.execPath, [RONDO, 'contour', '--from', address(SERIES, proxy.url), '--out', at('rs.dcm'), '--protocol', QUICK_PROTOCOL, ...WITH_PASSWORD, '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
    try {
      let stdout = '';
      child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await stuck;
      expect(await fetched()).toHaveLength(1);
      child.kill(signal);
      expect([await ended, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'cancelled' } }]);
      expect(await fetched()).toEqual([]);
      expect(await readdir(folder)).not.toContain('rs.dcm');
    } finally {
      child.kill('SIGKILL');
      await proxy.down();
    }
  });
});

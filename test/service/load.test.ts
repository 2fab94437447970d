import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeCtSeries } from '../../src/ct/index.ts';
import { uidFrom } from '../../src/dicom/index.ts';
import { writeConfig } from '../support/configFile.ts';
import { testCt } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

const SERIES = 50;
const SLICES = 120;
const ASSOCIATIONS = 8;

/** Without load the service has 440, of them 300 PostgreSQL. */
const MOST_MEGABYTES = 800;

/** Small images, as this is about their number. */
const TEMPLATE = testCt({ geometry: { size: [64, 64, SLICES], sliceOffsetsMm: Array.from({ length: SLICES }, (_, k) => 2.5 * k) }, hu: () => 0 });

/** The series, each of its own study. */
const CTS = Array.from({ length: SERIES }, (_, n) => ({
  ...TEMPLATE,
  seriesInstanceUid: uidFrom('test', 'series', n),
  slices: TEMPLATE.slices.map(({ imagePositionMm }, k) => ({ imagePositionMm, sopInstanceUid: uidFrom('test', 'series', n, k) })),
  attributes: { ...TEMPLATE.attributes, StudyInstanceUID: uidFrom('test', 'study', n) },
}));

describe('rondo serve under load', () => {
  let folder: string;
  let configFile: string;
  let service: ServiceProcess;
  let url: string;
  let dimsePort: number;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-load-'));
    const httpPort = await freePort();
    dimsePort = await freePort();
    url = `http://127.0.0.1:${httpPort}`;
    configFile = await writeConfig(folder, `folder: ${path.join(folder, 'data')}`, `http: { port: ${httpPort} }`, `dimse: { port: ${dimsePort} }`, 'series: { quietSeconds: 3 }');
    await mkdir(path.join(folder, 'ct'));
    // A database that is made for the first time takes twice the memory, which would hide what is measured here.
    await (await startService('serve', configFile)).end();
    service = await startService('serve', configFile);
  });
  afterAll(async () => {
    await service.kill();
    await rm(folder, { recursive: true, force: true });
  });

  interface Seen { jobs: { state: string; seriesInstanceUid: string; problem?: { code: string } }[] }
  const jobs = async (): Promise<Seen['jobs']> => (await (await fetch(`${url}/api/jobs?limit=100`)).json() as Seen).jobs;

  it('takes fifty series over eight associations at once: none lost, none doubled, and memory does not grow with them', async () => {
    const files = await Promise.all(CTS.map(async (ct, n) => await writeCtSeries(ct, path.join(folder, 'ct', String(n)))));
    // Of each series every association sends a part: the first images of a series come over all of them at the same time.
    const senders = await Promise.all(Array.from({ length: ASSOCIATIONS }, async (_, n) => await runTool('storescu', ['-v', '-aec', 'RONDO', '127.0.0.1', String(dimsePort), ...files.flatMap((slices) => slices.filter((__, k) => k % ASSOCIATIONS === n))])));
    expect(senders.map(({ code }) => code)).toEqual(senders.map(() => 0));
    const acknowledged = senders.reduce((sum, { output }) => sum + (output.match(/Received Store Response \(Success\)/g)?.length ?? 0), 0);
    expect(acknowledged).toBe(SERIES * SLICES);

    for (const { seriesInstanceUid, slices, attributes } of CTS) {
      expect((await readdir(path.join(folder, 'data', 'archive', 'instances', attributes.StudyInstanceUID, seriesInstanceUid))).sort()).toEqual(slices.map(({ sopInstanceUid }) => `${sopInstanceUid}.dcm`).sort());
    }
    // No rule chooses a protocol: each waits for a person, and says so.
    for (let seen = await jobs(); !seen.every(({ problem }) => problem?.code === 'protocol-none'); seen = await jobs());
    const expected = CTS.map(({ seriesInstanceUid }) => seriesInstanceUid).sort();
    expect((await jobs()).map(({ seriesInstanceUid }) => seriesInstanceUid).sort()).toEqual(expected);
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${service.child.pid ?? ''}/status`, 'utf8')) ?? [];
    expect(Number(kilobytes) / 1024).toBeLessThan(MOST_MEGABYTES);

    await service.kill();
    service = await startService('serve', configFile);
    expect((await jobs()).map(({ state, seriesInstanceUid }) => [state, seriesInstanceUid]).sort()).toEqual(expected.map((uid) => ['waiting', uid]).sort());
  }, 300_000);
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { readDicom, text } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';

function body(name: string): TestCtOptions {
  return { name, geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

describe('the service beside an Orthanc', () => {
  let home: TestHome;
  let folder: string;
  let orthanc: Orthanc;
  let server: RondoServer;
  let pacs: DicomWeb;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-orthanc-'));
    const httpPort = await freePort();
    // Orthanc's own environment, which its script reads.
    Object.assign(process.env, { RONDO_URL: `http://127.0.0.1:${httpPort}` });
    orthanc = await startOrthanc({ LuaScripts: [path.join(import.meta.dirname, '../../plugins/orthanc/rondo.lua')], StableAge: 1 });
    const url = orthanc.dicomWebUrl.replace(/\/$/, '');
    pacs = new DicomWeb({ url, timeoutMs: 20_000 });
    const { config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${await freePort()} }`,
      `archives: [ { name: orthanc, url: "${url}" } ]`,
      `destinations: [ { name: pacs, kind: stow, url: "${url}" } ]`,
      `rules: [ { when: { Modality: CT }, protocol: ${QUICK_PROTOCOL} } ]`,
    ]);
    server = await RondoServer.start(config, pino({ level: 'silent' }), '0');
  });
  afterAll(async () => {
    await server.stop();
    await orthanc.stop();
    delete process.env.RONDO_URL;
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('is told of a CT by the script in Orthanc, fetches it, and brings the structure set back', async () => {
    const files = await writeTestCt(path.join(folder, 'ct'), body('orthanc'));
    await pacs.store(await Promise.all(files.map(async (file) => await readFile(file))));
    const { seriesInstanceUid, attributes: { StudyInstanceUID: study } } = testCt(body('orthanc'));
    let job: Job | undefined;
    while (job?.state !== 'delivered') {
      [job] = (await server.stores.jobs.ofSeries(seriesInstanceUid)) as [Job?];
      if (job?.state === 'failed') throw new Error(job.problem?.message);
      await new Promise(setImmediate);
    }
    expect(job).toMatchObject({ origin: 'api', protocol: QUICK_PROTOCOL });
    expect(await server.stores.deliveries.list(job.id)).toMatchObject([{ destination: 'pacs', state: 'verified', attempts: 1 }]);
    const [found] = (await pacs.searchSeries({ match: { StudyInstanceUID: study, Modality: 'RTSTRUCT' } }));
    const { files: [file] } = await pacs.retrieveSeries(study, found.seriesInstanceUid, path.join(folder, 'back'));
    const set = readStructureSet(await readFile(file));
    expect(set.sopInstanceUid).toBe(job.resultSopInstanceUid);
    expect(set.reference.series[0]).toMatchObject({ studyInstanceUid: study, seriesInstanceUid });
  });

  it('contours a CT anew whose patient was corrected in the archive, under the same UIDs', async () => {
    const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid, PatientID } } = testCt(body('orthanc'));
    const [former] = await server.stores.jobs.ofSeries(seriesInstanceUid);
    await correctPatientId(PatientID, 'corrected');
    const asked = await server.actions.submit({ studyInstanceUid, seriesInstanceUid, archive: 'orthanc', protocol: QUICK_PROTOCOL }, 'a program');
    const isDone = async (): Promise<boolean> => ['delivered', 'failed', 'cancelled'].includes((await server.stores.jobs.get(asked.id)).state);
    while (!(await isDone())) await new Promise(setImmediate);
    // Orthanc's script may have asked at the same time.
    const end = (await server.stores.jobs.events(asked.id)).at(-1);
    const id = end?.what === 'cancelled' ? String(end.details?.job) : asked.id;
    expect(id).not.toBe(former.id);
    let job = await server.stores.jobs.get(id);
    while (job.state !== 'delivered') job = await server.stores.jobs.get(id);
    expect(job.resultSopInstanceUid).not.toBe(former.resultSopInstanceUid);
    const { bytes = new Uint8Array() } = (await server.stores.structureSets.get(id)) ?? {};
    expect(text(readDicom(bytes).dataset, 'PatientID')).toBe('corrected');
  });

  /** As an archive's administrator does: all that the patient has keeps its UIDs. */
  async function correctPatientId(from: string, to: string): Promise<void> {
    const ask = async (method: string, where: string, body?: unknown): Promise<unknown> => {
      const response = await fetch(`${orthanc.httpUrl}${where}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
      if (!response.ok) throw new Error(`Orthanc answers ${response.status} to ${where}`);
      return await response.json();
    };
    const [patient] = await ask('POST', 'tools/find', { Level: 'Patient', Query: { PatientID: from } }) as string[];
    await ask('POST', `patients/${patient}/modify`, { Replace: { PatientID: to }, Keep: ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'], Force: true, KeepSource: false, Synchronous: true });
  }
});

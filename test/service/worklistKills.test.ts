import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { CT_IMAGE_STORAGE, items, text, uidFrom, type Dataset } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { datasetFromJson, jsonFromDataset } from '../../src/dicomweb/dicomJson.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { writeConfig } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { startService } from '../support/serveProcess.ts';
import { UpsServer } from '../support/upsServer.ts';

const KILLS = 12;
/** A kill comes within so long after the service is ready: long enough for a workitem to go all the way now and then. */
const LONGEST_LIFE_MS = 5000;

function body(name: string): TestCtOptions {
  return { name, geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

describe('rondo serve at a worklist, killed again and again', () => {
  let home: TestHome;
  let folder: string;
  let orthanc: Orthanc;
  let ups: UpsServer;
  let configFile: string;
  let url: string;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-worklist-kills-'));
    await mkdir(path.join(folder, 'out'));
    orthanc = await startOrthanc();
    ups = await UpsServer.start();
    const httpPort = await freePort();
    url = `http://127.0.0.1:${httpPort}`;
    configFile = await writeConfig(folder,
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${await freePort()} }`,
      `archives: [ { name: orthanc, url: "${orthanc.dicomWebUrl.replace(/\/$/, '')}" } ]`,
      `worklist: { url: "${ups.url.replace(/\/$/, '')}", everySeconds: 1 }`,
      `destinations: [ { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`);
  });
  afterAll(async () => {
    await ups.stop();
    await orthanc.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** A CT in the archive, and a workitem for it. */
  const order = async (name: string): Promise<string> => {
    const files = await writeTestCt(path.join(folder, name), body(name));
    await new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 }).store(await Promise.all(files.map(async (file) => await readFile(file))));
    const { attributes: { StudyInstanceUID }, seriesInstanceUid: SeriesInstanceUID, slices } = testCt(body(name));
    const uid = uidFrom('workitem', name);
    ups.schedule(uid, jsonFromDataset({
      InputReadinessState: 'READY', ScheduledWorkitemCodeSequence: [{ CodeValue: QUICK_PROTOCOL, CodingSchemeDesignator: '99LOCAL', CodeMeaning: 'Contouring' }],
      InputInformationSequence: [{ StudyInstanceUID, SeriesInstanceUID, ReferencedSOPSequence: slices.map(({ sopInstanceUid }) => ({ ReferencedSOPClassUID: CT_IMAGE_STORAGE, ReferencedSOPInstanceUID: sopInstanceUid })) }],
    }));
    return uid;
  };
  const held = (uid: string): Dataset => datasetFromJson(ups.workitem(uid));
  const stateOf = (uid: string): string => text(held(uid), 'ProcedureStepState');

  it('completes every workitem, each with one structure set that is delivered once', async () => {
    const names: string[] = [];
    let seed = 11;
    const random = (): number => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
    for (let n = 0; n < KILLS; n++) {
      const service = await startService('serve', configFile);
      if (n % 2 === 0) {
        names.push(`ordered ${n}`);
        await order(`ordered ${n}`);
      }
      await pass(random() * LONGEST_LIFE_MS);
      await service.kill();
    }

    const service = await startService('serve', configFile);
    const uids = names.map((name) => uidFrom('workitem', name));
    while (!uids.every((uid) => ['COMPLETED', 'CANCELED'].includes(stateOf(uid)))) await pass(50);
    const { jobs } = (await (await fetch(`${url}/api/jobs?limit=100`)).json()) as { jobs: { state: string; problem?: { code: string }; seriesInstanceUid: string; structureSetUid: string }[] };
    expect(await service.end()).toBe(0);
    expect(jobs).toHaveLength(uids.length);
    for (const [n, uid] of uids.entries()) {
      const { seriesInstanceUid } = testCt(body(names[n]));
      const job = jobs.find((each) => each.seriesInstanceUid === seriesInstanceUid);
      // Whoever was killed three times over the same job says so; the worklist has it by the job's state.
      if (job?.state === 'failed') {
        expect([job.problem?.code, stateOf(uid)]).toEqual(['job-attempts', 'CANCELED']);
        continue;
      }
      expect([job?.state, stateOf(uid)]).toEqual(['delivered', 'COMPLETED']);
      const [output] = items(items(held(uid), 'UnifiedProcedureStepPerformedProcedureSequence')[0], 'OutputInformationSequence');
      expect(text(items(output, 'ReferencedSOPSequence')[0], 'ReferencedSOPInstanceUID')).toBe(job?.structureSetUid);
      expect(text(items(output, 'WADORSRetrievalSequence')[0], 'RetrieveURL')).toContain('/structure-set');
      expect(readStructureSet(await readFile(path.join(folder, 'out', `RS.${job?.structureSetUid}.dcm`))).reference.series[0].seriesInstanceUid).toBe(seriesInstanceUid);
    }
    expect(await readdir(path.join(folder, 'out'))).toHaveLength(jobs.filter(({ state }) => state === 'delivered').length);
  }, 900_000);
});

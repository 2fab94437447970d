import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { Config } from '../../src/config/index.ts';
import { CT_IMAGE_STORAGE, items, newUid, RT_STRUCTURE_SET_STORAGE, text, texts, type Dataset } from '../../src/dicom/index.ts';
import { DicomWeb, Worklist } from '../../src/dicomweb/index.ts';
import { datasetFromJson, jsonFromDataset } from '../../src/dicomweb/dicomJson.ts';
import type { Job, OrderState } from '../../src/jobs/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { FaultyProxy } from '../support/faultyProxy.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { UpsServer } from '../support/upsServer.ts';

const NAME = 'TEST^CASE';
const LONGEST_MS = 100_000;

function body(name: string): TestCtOptions {
  return { name, geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

const code = (CodeValue: string, CodingSchemeDesignator = '99LOCAL'): Dataset => ({ CodeValue, CodingSchemeDesignator, CodeMeaning: CodeValue });
const parameter = (value: string): Dataset => ({ ValueType: 'TEXT', ConceptNameCodeSequence: [code('PROTOCOL', '99RONDO')], TextValue: value });

function input(name: string): Dataset {
  const { attributes: { StudyInstanceUID }, seriesInstanceUid: SeriesInstanceUID, slices } = testCt(body(name));
  return {
    TypeOfInstances: 'DICOM', StudyInstanceUID, SeriesInstanceUID,
    ReferencedSOPSequence: slices.map(({ sopInstanceUid }) => ({ ReferencedSOPClassUID: CT_IMAGE_STORAGE, ReferencedSOPInstanceUID: sopInstanceUid })),
    // Never asked: nobody would answer.
    WADORSRetrievalSequence: [{ RetrieveURL: 'http://127.0.0.1:9/dicom-web/studies/1' }],
  };
}

/** A workitem that asks to contour a CT by a protocol that a rule chooses. */
function workitemOf(name: string, more: Dataset = {}): Dataset {
  return {
    PatientName: NAME, InputReadinessState: 'READY', WorklistLabel: 'CONTOURING', ProcedureStepLabel: 'Quick contouring', ScheduledWorkitemCodeSequence: [code('CONTOUR')],
    InputInformationSequence: [input(name)], ...more,
  };
}

jest.setTimeout(120_000);

describe('the service at a worklist, a stand-in for a server, beside an Orthanc', () => {
  let home: TestHome;
  let folder: string;
  let orthanc: Orthanc;
  let archive: FaultyProxy;
  let ups: UpsServer;
  let network: FaultyProxy;
  let config: Config;
  let server: RondoServer;
  let log: string;

  const start = async (): Promise<void> => { server = await RondoServer.start(config, pino({ level: 'info' }, { write(line: string) { log += line; } }), '0'); };

  beforeAll(async () => {
    log = '';
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-worklist-'));
    orthanc = await startOrthanc();
    archive = await FaultyProxy.start(orthanc.dicomWebUrl);
    ups = await UpsServer.start();
    network = await FaultyProxy.start(ups.url);
    await mkdir(path.join(folder, 'out'));
    const url = archive.url.replace(/\/$/, '');
    ({ config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${await freePort()} }`,
      `dimse: { port: ${await freePort()}, aeTitles: [ { aeTitle: RONDO7 } ] }`,
      `archives: [ { name: orthanc, url: "${url}" } ]`,
      'destinations:',
      `  - { name: pacs, kind: stow, url: "${url}" }`,
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`,
      `worklist: { url: "${network.url.replace(/\/$/, '')}", everySeconds: 1, query: { WorklistLabel: CONTOURING } }`,
      `rules: [ { when: { Origin: worklist, Modality: CT, ProcedureStepLabel: { matches: quick } }, protocol: ${QUICK_PROTOCOL} } ]`,
    ]));
    await start();
  });
  beforeEach(() => {
    archive.fault = () => 'none';
    network.fault = () => 'none';
  });
  afterAll(async () => {
    await server.stop();
    await network.down();
    await archive.down();
    await ups.stop();
    await orthanc.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Asks again and again until there is an answer: an end, or the loop would outlive a test that failed. */
  const until = async <T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    for (const begun = performance.now(); ;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (performance.now() - begun > LONGEST_MS) throw new Error(`nothing came of it:\n${log}`);
      // The embedded database answers without ever letting timers and sockets have their turn.
      await new Promise(setImmediate);
    }
  };
  const schedule = (workitem: Dataset): string => {
    const uid = newUid();
    ups.schedule(uid, jsonFromDataset(workitem));
    return uid;
  };
  const bring = async (name: string): Promise<void> => {
    const files = await writeTestCt(path.join(folder, name), body(name));
    await new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 }).store(await Promise.all(files.map(async (file) => await readFile(file))));
  };
  const held = (uid: string): Dataset => datasetFromJson(ups.workitem(uid));
  const stateOf = (uid: string): string => text(held(uid), 'ProcedureStepState');
  const untilState = async (uid: string, state: string): Promise<Dataset> => await until(() => (stateOf(uid) === state ? held(uid) : undefined));
  const orderIs = async (uid: string, state: OrderState): Promise<string | undefined> => await until(async () => (await server.stores.orders.known([uid])).find((order) => order.state === state)).then(({ jobId }) => jobId);
  const jobOf = async (uid: string, holds: (job: Job) => boolean = () => true): Promise<Job> => await until(async () => {
    const [order] = (await server.stores.orders.known([uid])) as ({ jobId?: string | undefined } | undefined)[];
    if (order?.jobId === undefined) return undefined;
    const job = await server.stores.jobs.get(order.jobId);
    return holds(job) ? job : undefined;
  });
  const refusedWith = async (uid: string, words: string): Promise<void> => { await until(() => log.split('\n').find((line) => line.includes(uid) && line.includes(words))); };
  const get = async (address: string): Promise<string> => await (await fetch(`${server.url}${address}`)).text();

  it('claims a workitem, tells how far it is, and completes it with the structure set and where it lies', async () => {
    await bring('first');
    const uid = schedule(workitemOf('first'));
    const workitem = await untilState(uid, 'COMPLETED');
    const job = await jobOf(uid);
    expect(job).toMatchObject({ origin: 'worklist', protocol: QUICK_PROTOCOL, state: 'delivered' });
    const [performed] = items(workitem, 'UnifiedProcedureStepPerformedProcedureSequence');
    expect(text(items(performed, 'PerformedStationNameCodeSequence')[0], 'CodeValue')).toBe('RONDO7');
    expect(text(items(performed, 'PerformedWorkitemCodeSequence')[0], 'CodeValue')).toBe('CONTOUR');
    expect(text(performed, 'PerformedProcedureStepStartDateTime') <= text(performed, 'PerformedProcedureStepEndDateTime')).toBe(true);
    const [output, ...others] = items(performed, 'OutputInformationSequence');
    expect(others).toEqual([]);
    const [reference] = items(output, 'ReferencedSOPSequence');
    expect([text(reference, 'ReferencedSOPClassUID'), text(reference, 'ReferencedSOPInstanceUID')]).toEqual([RT_STRUCTURE_SET_STORAGE, job.resultSopInstanceUid]);
    const series = { StudyInstanceUID: text(output, 'StudyInstanceUID'), SeriesInstanceUID: text(output, 'SeriesInstanceUID'), Modality: 'RTSTRUCT' };
    expect(await new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 }).searchSeries({ match: series })).toHaveLength(1);
    expect((await fetch(text(items(output, 'WADORSRetrievalSequence')[0], 'RetrieveURL'), { headers: { accept: 'multipart/related; type="application/dicom"' } })).status).toBe(200);
    expect((await server.stores.jobs.events(job.id)).at(-1)).toMatchObject({ what: 'workitem completed', details: { workitem: uid } });

    const told = ups.taken.filter((each) => each.uid === uid).map(({ payload }) => datasetFromJson(payload));
    const progress = told.flatMap((update) => items(update, 'ProcedureStepProgressInformationSequence')).map((item) => Number(text(item, 'ProcedureStepProgress')));
    expect(progress.length).toBeGreaterThan(0);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
  });

  it('completes at once what was contoured for another workitem before', async () => {
    const job = await server.stores.jobs.list({ limit: 1 });
    const uid = schedule(workitemOf('first', { ProcedureStepLabel: 'again', ScheduledWorkitemCodeSequence: [code(QUICK_PROTOCOL)] }));
    await untilState(uid, 'COMPLETED');
    expect((await jobOf(uid)).id).toBe(job[0].id);
    expect((await readdir(path.join(folder, 'out')))).toHaveLength(1);
  });

  it('asks a person where nothing chooses the protocol, and leaves the workitem to others until then', async () => {
    await bring('asked');
    const uids = [schedule(workitemOf('asked', { ProcedureStepLabel: '' })), schedule(workitemOf('asked', { ScheduledProcessingParametersSequence: [parameter('no-such')] }))];
    const [none, unknown] = [await jobOf(uids[0]), await jobOf(uids[1])];
    expect([none.problem?.code, unknown.problem?.code]).toEqual(['protocol-none', 'protocol-unknown']);
    expect((await server.stores.jobs.events(none.id))[0].details?.rules).toEqual([{ rule: 'rule 1', holds: false, failed: ['ProcedureStepLabel'] }]);
    expect(uids.map(stateOf)).toEqual(['SCHEDULED', 'SCHEDULED']);
    await expect(server.actions.chooseProtocol(none.id, 'no-such', 'a physicist')).rejects.toMatchObject({ code: 'protocol-unknown' });
    expect(stateOf(uids[0])).toBe('SCHEDULED');
    await server.actions.chooseProtocol(none.id, QUICK_PROTOCOL, 'a physicist');
    await untilState(uids[0], 'COMPLETED');
    // The other asks for the same: it is its double, and its workitem follows the first.
    await server.actions.chooseProtocol(unknown.id, QUICK_PROTOCOL, 'a physicist');
    await untilState(uids[1], 'COMPLETED');
    expect((await server.stores.jobs.get(unknown.id)).state).toBe('cancelled');
    expect((await jobOf(uids[1])).id).toBe(none.id);
  });

  it('leaves to its person what a workitem asked for, also when images of its CT come to Rondo', async () => {
    await bring('both');
    const uid = schedule(workitemOf('both', { ScheduledProcessingParametersSequence: [parameter('no-such')] }));
    const { id, seriesInstanceUid } = await jobOf(uid);
    await new DicomWeb({ url: `${server.url}/dicom-web`, timeoutMs: 20_000 }).store([await readFile((await writeTestCt(path.join(folder, 'both'), body('both')))[0])]);
    expect((await server.stores.jobs.ofSeries(seriesInstanceUid)).map(({ origin, state }) => [origin, state])).toEqual([['stow', 'waiting'], ['worklist', 'waiting']]);
    await server.stores.jobs.cancel(id, 'the test');
  });

  it('ends a job that waits for a person when its workitem is taken by another or canceled, and the other way round changes nothing', async () => {
    await bring('waiting');
    const wait = async (): Promise<[uid: string, job: Job]> => {
      const uid = schedule(workitemOf('waiting', { ProcedureStepLabel: '' }));
      return [uid, await jobOf(uid)];
    };
    const [taken, job] = await wait();
    const other = new Worklist({ url: ups.url, timeoutMs: 10_000, stationName: 'OTHER' });
    expect(await other.claim(taken, newUid())).toBe(true);
    // Whoever sees it first, the person or the next search.
    await expect(server.actions.chooseProtocol(job.id, QUICK_PROTOCOL, 'a physicist')).rejects.toMatchObject({ code: expect.stringMatching(/^(workitem-taken|job-state)$/) });
    await orderIs(taken, 'left');
    expect(await server.stores.jobs.get(job.id)).toMatchObject({ state: 'cancelled' });
    expect(stateOf(taken)).toBe('IN PROGRESS');

    const [canceled, second] = await wait();
    ups.setState(canceled, 'CANCELED');
    await orderIs(canceled, 'left');
    expect(await server.stores.jobs.get(second.id)).toMatchObject({ state: 'cancelled' });

    const [left, third] = await wait();
    await server.stores.jobs.cancel(third.id, 'a physicist');
    await orderIs(left, 'left');
    expect(stateOf(left)).toBe('SCHEDULED');
  });

  it('loses a claim without a word', async () => {
    await bring('lost');
    const before = (await server.stores.jobs.list({ limit: 200 })).length;
    // Between the search and the claim another takes it.
    const other = new Worklist({ url: ups.url, timeoutMs: 10_000, stationName: 'OTHER' });
    let claimed: Promise<boolean> | undefined;
    let uid = '';
    archive.fault = ({ method }) => { if (method === 'GET') claimed ??= other.claim(uid, newUid()); return 'none'; };
    uid = schedule(workitemOf('lost'));
    await orderIs(uid, 'left');
    expect(await claimed).toBe(true);
    expect(stateOf(uid)).toBe('IN PROGRESS');
    expect(await server.stores.jobs.list({ limit: 200 })).toHaveLength(before);
    expect(JSON.parse(await get('/ready'))).toMatchObject({ ready: true });
  });

  it('cancels the workitem, with the reason, when the job fails or a person cancels it', async () => {
    await bring('fails');
    archive.fault = ({ method }) => (method === 'POST' ? 403 : 'none');
    const failed = schedule(workitemOf('fails'));
    const workitem = await untilState(failed, 'CANCELED');
    const [progress] = items(workitem, 'ProcedureStepProgressInformationSequence');
    expect(text(progress, 'ReasonForCancellation')).toContain('could not be delivered to pacs');
    expect(await jobOf(failed)).toMatchObject({ state: 'failed' });

    await bring('unwanted');
    archive.fault = ({ method }) => (method === 'POST' ? 503 : 'none');
    const unwanted = schedule(workitemOf('unwanted'));
    const { id } = await jobOf(unwanted, ({ state }) => state === 'delivering');
    await until(() => (text(items(held(unwanted), 'ProcedureStepProgressInformationSequence')[0] ?? {}, 'ProcedureStepProgressDescription') === 'delivering' ? true : undefined));
    await server.stores.jobs.cancel(id, 'a physicist', 'the plan was changed');
    const [why] = items(await untilState(unwanted, 'CANCELED'), 'ProcedureStepProgressInformationSequence');
    expect(text(why, 'ReasonForCancellation')).toBe('The job was cancelled: the plan was changed.');
    expect(texts(items(why, 'ProcedureStepDiscontinuationReasonCodeSequence')[0], 'CodeValue')).toEqual(['110513']);
  });

  it('cancels the job when the workitem is canceled at the worklist, and lets it go on when the worklist loses it', async () => {
    await bring('stopped');
    await bring('forgotten');
    archive.fault = ({ method }) => (method === 'POST' ? 503 : 'none');
    const [stopped, forgotten] = [schedule(workitemOf('stopped')), schedule(workitemOf('forgotten'))];
    const [first, second] = [await jobOf(stopped, ({ state }) => state === 'delivering'), await jobOf(forgotten, ({ state }) => state === 'delivering')];
    ups.setState(stopped, 'CANCELED');
    ups.remove(forgotten);
    await orderIs(stopped, 'left');
    await orderIs(forgotten, 'left');
    expect(await server.stores.jobs.get(first.id)).toMatchObject({ state: 'cancelled' });
    expect(await server.stores.jobs.get(second.id)).toMatchObject({ state: 'delivering' });
    expect((await server.stores.jobs.events(second.id)).map(({ what }) => what)).toContain('workitem gone');
    await server.stores.jobs.cancel(second.id, 'the test');
  });

  it.each<[string, string, (name: string) => Dataset]>([
    ['no CT', 'names 0 series', (name) => workitemOf(name, { InputInformationSequence: [] })],
    ['two CTs', 'names 2 series', (name) => workitemOf(name, { InputInformationSequence: [input('first'), input(name)] })],
    ['a CT that no archive has', 'No archive of the configuration has the CT', workitemOf],
    ['UIDs that are none', 'a UID that is none', (name) => workitemOf(name, { InputInformationSequence: [{ ...input(name), StudyInstanceUID: '../1' }] })],
    ['inputs that are not ready', 'not READY', (name) => workitemOf(name, { InputReadinessState: 'INCOMPLETE' })],
  ])('leaves a workitem of %s to be corrected, says so, and takes it then', async (what, words, made) => {
    const name = `bad ${what}`;
    const workitem = made(name);
    const uid = schedule(workitem);
    await refusedWith(uid, words);
    expect(stateOf(uid)).toBe('SCHEDULED');
    expect(await server.stores.orders.known([uid])).toEqual([]);
    const { checks } = JSON.parse(await get('/ready')) as { checks: unknown[] };
    expect(checks).toContainEqual({ name: 'worklist', ok: true, detail: expect.stringContaining(words) });
    expect(await get('/metrics')).toMatch(/rondo_worklist_refused [1-9]/);
    expect(log).not.toContain(NAME);
    await bring(name);
    ups.schedule(uid, jsonFromDataset(workitemOf(name)));
    await untilState(uid, 'COMPLETED');
  });

  it('stands what else a worklist answers', async () => {
    await bring('first');
    const element = (vr: string, ...Value: unknown[]): { vr: string; Value: never[] } => ({ vr, Value: Value as never[] });
    const good = jsonFromDataset(workitemOf('first'));
    const odd = [null, 7, '', 'x'.repeat(5000), {}, { '00080100': element('SH', 1, 2) }];
    const workitems = ['00404021', '00404018', '00741210', '00404041', '00741204'].flatMap((tag) => odd.flatMap((value) => ['SQ', 'LO'].map((vr) => ({ ...good, [tag]: element(vr, value, value) }))));
    const uids = workitems.map((workitem) => {
      const uid = newUid();
      ups.schedule(uid, workitem);
      return uid;
    });
    // All were looked at once the one that came last is done.
    const last = schedule(workitemOf('first'));
    await untilState(last, 'COMPLETED');
    for (const uid of uids) expect(['SCHEDULED', 'IN PROGRESS', 'COMPLETED']).toContain(stateOf(uid));
    for (const uid of uids) ups.remove(uid);
    expect(JSON.parse(await get('/health'))).toMatchObject({ status: 'alive' });
  });

  it('goes on where it was when the worklist was away for a while, and says so', async () => {
    await bring('away');
    archive.fault = ({ method }) => (method === 'POST' ? 503 : 'none');
    const uid = schedule(workitemOf('away'));
    const { id } = await jobOf(uid, ({ state }) => state === 'delivering');
    await network.down();
    const unready = await until(async () => {
      const { ready, checks } = JSON.parse(await get('/ready')) as { ready: boolean; checks: { name: string; detail: string }[] };
      return ready ? undefined : checks.find(({ name }) => name === 'worklist');
    });
    expect(unready).toMatchObject({ ok: false, detail: expect.stringContaining('no whole answer came') });
    expect(await get('/metrics')).toContain('rondo_worklist_up 0');
    archive.fault = () => 'none';
    await server.stores.queue.sendDelivery(await server.stores.deliveries.retry(id, 'pacs', 'the test'));
    await jobOf(uid, ({ state }) => state === 'delivered');
    expect(stateOf(uid)).toBe('IN PROGRESS');
    await network.up();
    await untilState(uid, 'COMPLETED');
    expect(log.split('\n').filter((line) => line.includes('the worklist cannot be searched'))).toHaveLength(1);
    expect(log).toContain('the worklist answers again');
    await until(async () => ((await get('/metrics')).includes('rondo_worklist_up 1') ? true : undefined));
  });

  it('takes up what a process had claimed that ended before there was a job', async () => {
    await bring('crashed');
    const worklist = new Worklist({ url: ups.url, timeoutMs: 10_000, stationName: 'RONDO7' });
    const claimed = async (workitem: Dataset, by: (uid: string) => string): Promise<string> => {
      const [uid, transactionUid] = [newUid(), newUid()];
      await server.stores.orders.save({ workitemUid: uid, transactionUid, studyInstanceUid: testCt().attributes.StudyInstanceUID });
      ups.schedule(uid, jsonFromDataset(workitem));
      expect(await worklist.claim(uid, by(transactionUid))).toBe(true);
      return uid;
    };
    await untilState(await claimed(workitemOf('crashed'), (own) => own), 'COMPLETED');
    const [progress] = items(await untilState(await claimed(workitemOf('nowhere'), (own) => own), 'CANCELED'), 'ProcedureStepProgressInformationSequence');
    expect(text(progress, 'ReasonForCancellation')).toContain('No archive of the configuration has the CT');
    await orderIs(await claimed(workitemOf('nowhere'), newUid), 'left');
  });

  it('completes after a restart what it had claimed before', async () => {
    await bring('restart');
    archive.fault = ({ method }) => (method === 'POST' ? 503 : 'none');
    const uid = schedule(workitemOf('restart'));
    const { id } = await jobOf(uid, ({ state }) => state === 'delivering');
    await server.stop();
    archive.fault = () => 'none';
    await start();
    await server.stores.queue.sendDelivery(await server.stores.deliveries.retry(id, 'pacs', 'the test'));
    await untilState(uid, 'COMPLETED');
    expect((await jobOf(uid)).id).toBe(id);
  });
});

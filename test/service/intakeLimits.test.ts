import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { DicomWeb, Worklist, type Service, type Workitem } from '../../src/dicomweb/index.ts';
import { OrderStore, type Job } from '../../src/jobs/index.ts';
import { Actions, OWN_ARCHIVE } from '../../src/service/index.ts';
import { WorklistOrders } from '../../src/service/worklistOrders.ts';
import { seriesUidOf, smallBody } from '../support/clinic.ts';
import { testCt } from '../support/ctSeries.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';
import { startIntakes, type Intakes } from '../support/intakes.ts';
import { startService, type TestService } from '../support/service.ts';

describe('a series', () => {
  let its: Intakes;

  beforeAll(async () => { its = await startIntakes(); });
  afterAll(async () => { await its.stop(); });

  const problemOf = (code: string) => ([job]: readonly Job[]): boolean => job.problem?.code === code;

  it('of more images than are contoured waits, and says so; so does whoever chooses its protocol', async () => {
    const [few, many] = [its.intakeWith({}, { seriesInstances: 7 }), its.intakeWith({}, { seriesInstances: 8 })];
    for (const file of await its.write('large')) await its.receive(few, file, 'RONDO');
    const [{ id }] = await its.jobsWhere('large', problemOf('series-limit'));
    await expect(few.chooseProtocol(id, QUICK_PROTOCOL, 'anna')).rejects.toMatchObject({ code: 'series-limit' });
    expect((await its.jobs.get(id)).state).toBe('waiting');
    expect(await many.chooseProtocol(id, QUICK_PROTOCOL, 'anna')).toMatchObject({ id, state: 'received' });
  });

  it('whose job was made and whose images never came fails when it is given up', async () => {
    const source = { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid: testCt(smallBody('never')).attributes.StudyInstanceUID, seriesInstanceUid: seriesUidOf('never') } as const;
    await its.jobs.create({ origin: 'folder', arrival: { folder: '/in' }, source, problem: { code: 'series-arriving', message: 'Images of the series are still arriving.', cure: 'Wait.' } }, 'intake');
    await its.intakeWith({ quietSeconds: 0.1, giveUpMinutes: 1 / 600 }).start();
    expect(await its.jobsWhere('never', ([job]) => job.state === 'failed')).toMatchObject([{ problem: { code: 'series-absent' } }]);
  });

  it('has a job of all images when the process ended before the late one had its own', async () => {
    const before = its.intakeWith();
    const files = await its.write('crashed');
    for (const file of files.slice(0, 7)) await its.receive(before, file, 'RONDO');
    const [first] = await its.jobsWhere('crashed', ([job]) => job.state === 'received');
    await its.add(files[7]);
    await before.stop();
    const after = its.intakeWith();
    await after.start();
    // Its sender was told nothing.
    await its.receive(after, files[7], 'RONDO');
    const [job, overtaken] = await its.jobsWhere('crashed', (jobs) => jobs.length === 2 && jobs[0].state === 'received');
    expect([await its.instancesOf(job), overtaken]).toMatchObject([8, { id: first.id, state: 'cancelled' }]);
  });

  it('of one UID in two studies has a job in each', async () => {
    const intake = its.intakeWith();
    const files = await its.write('in two studies');
    for (const file of files) {
      const added = await its.add(file);
      await intake.received(added, { origin: 'stow' });
    }
    const source = { kind: 'dicomweb', url: OWN_ARCHIVE, studyInstanceUid: '1.2.3', seriesInstanceUid: seriesUidOf('in two studies') } as const;
    const image = { ...source, isNew: true };
    await intake.expected(image, { origin: 'stow' });
    expect((await its.jobsOf('in two studies')).map((job) => job.source?.studyInstanceUid)).toEqual(['1.2.3', testCt(smallBody('in two studies')).attributes.StudyInstanceUID]);
  });
});

describe('a series that is asked for', () => {
  let its: Intakes;
  let service: TestService;
  let ownArchive: Service;

  beforeAll(async () => {
    [its, service] = [await startIntakes(), await startService()];
    ownArchive = { url: `${service.url}/dicom-web`, timeoutMs: 20_000 };
    const files = await its.write('asked for');
    await new DicomWeb(ownArchive).store(await Promise.all(files.map(async (file) => await readFile(file))));
  });
  afterAll(async () => {
    await service.stop();
    await its.stop();
  });

  it('fails where it has more images than are contoured, and is looked at again when it is begun anew', async () => {
    const actionsWith = (seriesInstances: number): Actions => new Actions({
      jobs: its.jobs, queue: { sendJob: () => Promise.resolve() }, intake: its.intakeWith(), ownArchive, worklist: undefined, onError: () => undefined,
      config: { ...its.config, limits: { ...its.config.limits, seriesInstances } },
    });
    const [few, many] = [actionsWith(7), actionsWith(8)];
    const asked = await few.submit({ studyInstanceUid: testCt(smallBody('asked for')).attributes.StudyInstanceUID, seriesInstanceUid: seriesUidOf('asked for'), protocol: QUICK_PROTOCOL }, 'a program');
    await its.jobsWhere('asked for', ([job]) => job.state === 'failed');
    expect(await its.jobs.get(asked.id)).toMatchObject({ problem: { code: 'series-limit' } });
    expect(await many.rerun(asked.id, 'anna')).toMatchObject({ state: 'waiting' });
    await its.jobsWhere('asked for', ([job]) => job.state === 'received');
    for (const actions of [few, many]) await actions.stop();
  });

  it('is refused of a workitem where it has more images than are contoured, before that is claimed', async () => {
    const { seriesInstanceUid, slices, sopClassUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(smallBody('asked for'));
    const orders = new OrderStore(service.database);
    const worklist = new WorklistOrders({
      ...service, orders, worklist: new Worklist({ url: 'http://127.0.0.1:9', timeoutMs: 1_000, stationName: 'RONDO' }), queue: { sendJob: () => Promise.resolve() }, ownArchive, publicUrl: service.url, signal: AbortSignal.timeout(60_000),
      config: { ...its.config, limits: { ...its.config.limits, seriesInstances: 7 } },
    });
    const inputs = [{ studyInstanceUid, seriesInstanceUid, instances: slices.map(({ sopInstanceUid }) => ({ sopClassUid, sopInstanceUid })) }];
    const workitem: Workitem = { uid: '1.2.3', state: 'SCHEDULED', isReady: true, worklist: '', label: '', code: { value: QUICK_PROTOCOL, scheme: '99LOCAL', meaning: '' }, inputs, parameters: [] };
    await expect(worklist.take(workitem, new Set())).rejects.toMatchObject({ code: 'series-limit' });
    expect(await orders.open()).toEqual([]);
  });
});

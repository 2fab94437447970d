import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileMetaInformation, readDicom, RT_STRUCTURE_SET_STORAGE, text, writeDicom } from '../../src/dicom/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { Intake } from '../../src/service/index.ts';
import { seriesUidOf, smallBody } from '../support/clinic.ts';
import { configOf } from '../support/configFile.ts';
import { writeTestCt } from '../support/ctSeries.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { listingOf } from '../support/intakes.ts';
import { startService, type TestService } from '../support/service.ts';

const NAMES = Array.from({ length: 5 }, (_, n) => `series ${n}`);

describe('the intake of series', () => {
  let home: TestHome;
  let folder: string;
  let service: TestService;
  let intake: Intake;
  /** Series that are looked at, at the same time. */
  let [looked, most] = [0, 0];

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-intake-'));
    service = await startService();
    const get = service.jobs.get.bind(service.jobs);
    service.jobs.get = async (id) => {
      looked += 1;
      most = Math.max(most, looked);
      return await get(id);
    };
    const { config } = await configOf(folder, [`dimse: { aeTitles: [ { aeTitle: RONDO, protocol: ${QUICK_PROTOCOL} }, { aeTitle: OTHER } ] }`, 'series: { quietSeconds: 0 }']);
    intake = new Intake({
      ...service, queue: { sendJob: () => { looked -= 1; return Promise.resolve(); } }, config, onError: (error) => { throw error; },
      listSeries: listingOf(service.archive),
    });
  });
  afterAll(async () => {
    await intake.stop();
    await service.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** The files of a series as the listener writes them. */
  const received = async (name: string): Promise<Buffer[]> => await Promise.all((await writeTestCt(path.join(folder, name), smallBody(name))).map(async (file) => {
    const bytes = await readFile(file);
    const { meta, transferSyntaxUid, datasetOffset } = readDicom(bytes);
    const head = fileMetaInformation({ sopClassUid: text(meta, 'MediaStorageSOPClassUID'), sopInstanceUid: text(meta, 'MediaStorageSOPInstanceUID'), transferSyntaxUid, sourceAeTitle: 'SCANNER', receivingAeTitle: 'RONDO' });
    return Buffer.concat([head, bytes.subarray(datasetOffset)]);
  }));
  const released = async (name: string): Promise<Job> => {
    for (;;) {
      const [job] = (await service.jobs.ofSeries(seriesUidOf(name))) as (Job | undefined)[];
      if (job?.state === 'received') return job;
      await new Promise(setImmediate);
    }
  };

  it('looks at one series after another, however many come at once', async () => {
    const added = await Promise.all(NAMES.map(async (name) => (await Promise.all((await received(name)).map(async (bytes) => await service.archive.addBytes(bytes))))[0]));
    await Promise.all(added.map(async (instance) => { await intake.received(instance, { origin: 'dimse', calledAeTitle: 'RONDO' }); }));
    for (const name of NAMES) await released(name);
    expect(most).toBe(1);
  });

  it('takes up what has no job as it came: its AE title still chooses the protocol', async () => {
    for (const bytes of await received('before a crash')) await service.archive.addBytes(bytes);
    await intake.start();
    expect(await released('before a crash')).toMatchObject({ origin: 'dimse', arrival: { callingAeTitle: 'SCANNER', calledAeTitle: 'RONDO' }, protocol: QUICK_PROTOCOL });
  });

  it('contours what comes again by another AE title by the protocol of that one, and by the same not again', async () => {
    const send = async (calledAeTitle: string): Promise<Job[]> => {
      for (const bytes of await received('sent twice')) await intake.received(await service.archive.addBytes(bytes), { origin: 'dimse', callingAeTitle: 'SCANNER', calledAeTitle });
      for (;;) {
        const jobs = await service.jobs.ofSeries(seriesUidOf('sent twice'));
        if (jobs.every(({ problem }) => problem?.code !== 'series-arriving')) return jobs;
        await new Promise(setImmediate);
      }
    };
    expect(await send('OTHER')).toMatchObject([{ state: 'waiting', problem: { code: 'protocol-none' } }]);
    const both = [{ state: 'received', protocol: QUICK_PROTOCOL, arrival: { calledAeTitle: 'RONDO' } }, { state: 'cancelled' }];
    expect(await send('RONDO')).toMatchObject(both);
    expect(await send('RONDO')).toMatchObject(both);
  });

  it('makes no job of a structure set that lies in the archive', async () => {
    await service.archive.addBytes(writeDicom({ SOPClassUID: RT_STRUCTURE_SET_STORAGE, SOPInstanceUID: '1.2.3', StudyInstanceUID: '1.2', SeriesInstanceUID: '1.2.4' }));
    await intake.start();
    expect(await service.jobs.ofSeries('1.2.4')).toEqual([]);
  });
});
